import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import attention

VIEWS = ("frame", "pair")


def student():
    return attention.two_branches(size=4, filters=(2, 2))


def teacher(images):
    return attention.model(size=8, images=images, filters=(2, 2))


def build(**arguments):
    arguments = {
        "teacher": [teacher(1), teacher(2)],
        "student": student(),
        "modalities": VIEWS,
        **arguments,
    }
    return methods.get("uva_net").build(**arguments)


def test_each_branch_follows_its_teacher_and_the_truth():
    model = build(imitation=0.25)
    for number, name in enumerate(("spatial", "temporal")):
        imitated, truth = model.stages[number](None).distillation_losses
        t = np.zeros((1, 8, 8, 1), "float32")
        # The mean of 2x2 pixels: 0.5 at one of 16 places, s is 0.1.
        t[0, :2, 0] = 1
        s = np.full((1, 4, 4, 1), 0.1, "float32")
        found = imitated({"outputs": t}, {name: s})
        np.testing.assert_allclose(found, [(0.16 + 15 * 0.01) / 16], rtol=1e-5)
        labels = np.full((1, 4, 4, 1), 0.3, "float32")
        found = truth({}, {name: s}, labels=labels)
        np.testing.assert_allclose(found, [0.04], rtol=1e-5)
        weights = [float(part.weight(0)) for part in (imitated, truth)]
        assert weights == [0.25, 0.75]


def test_branches_are_trained_one_after_the_other_and_then_all():
    small = student()
    model = build(student=small)
    x, y = attention.data(4)
    x, y = x[:, 4:12, 4:12], y[:, 4:12, 4:12]
    view = {
        "student": attention.smaller(x),
        "teacher": {"frame": x[..., 1:], "pair": x},
    }
    changed = []
    for make in model.stages:
        before = {v.path: np.array(v) for v in small.trainable_variables}
        stage = make(None)
        stage.compile(keras.optimizers.SGD(0.1), attention.loss())
        stage.fit(view, attention.smaller(y), verbose=0)
        moved = {
            v.path.split("/")[0].split("_")[0]
            for v in small.trainable_variables
            if not np.array_equal(before[v.path], v)
        }
        changed.append(moved)
    parts = {"spatial", "temporal"}
    assert changed[:2] == [{"spatial"}, {"temporal"}]
    assert parts | {"fused", "attention"} == changed[2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": [teacher(1)], "modalities": None}, "one teacher for each"),
        ({"modalities": ("frame",)}, "one of modalities"),
        ({"branches": ("spatial_stage1", "temporal")}, "answer with maps"),
        ({"branches": ("space", "temporal")}, "space"),
        ({"imitation": 1.5}, "imitation"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
