import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(size=5, classes=2, units=4):
    return models.build(
        "mlp", input_shape=(size,), num_classes=classes, units=(units,)
    )


def build(**arguments):
    arguments = {
        "teacher": [mlp(3), mlp(6)],
        "student": mlp(),
        "modalities": ("a", "b"),
        **arguments,
    }
    return methods.get("graph_distillation").build(**arguments)


def batch(count=16):
    random = np.random.default_rng(0)

    def draw(size):
        return random.normal(size=(count, size)).astype("float32")

    x = {"student": draw(5), "teacher": {"a": draw(3), "b": draw(6)}}
    return x, (x["student"][:, 0] > 0).astype("int32")


def test_each_teacher_sees_its_own_modality():
    teachers = [mlp(3), mlp(6)]
    distiller = build(teacher=teachers)
    x, _ = batch()
    found = distiller.teacher(x["teacher"])
    for number, (model, name) in enumerate(zip(teachers, "ab")):
        np.testing.assert_allclose(
            found[f"{number}/logits"], model(x["teacher"][name]), rtol=1e-6
        )


def test_without_names_all_see_one_view():
    distiller = build(teacher=[mlp(), mlp()], modalities=None)
    x, _ = batch()
    found = distiller.teacher(x["student"])
    assert sorted(found) == [
        "0/embedding",
        "0/logits",
        "1/embedding",
        "1/logits",
    ]


def test_the_graph_is_trained_with_the_student():
    distiller = build()
    distiller.compile(
        "adam",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    (graph,) = distiller.distillation_losses
    before = [np.array(w) for w in graph.weights]
    x, y = batch()
    distiller.fit(x, y, batch_size=8, verbose=0)
    assert len(before) == 5
    for old, new in zip(before, graph.weights):
        assert not np.allclose(old, new, atol=1e-6)


def test_the_papers_numbers_are_the_defaults():
    (graph,) = build().distillation_losses
    config = graph.get_config()
    found = [
        config[name]
        for name in (
            "logit_weight",
            "feature_weight",
            "prior_weight",
            "sharpness",
            "units",
        )
    ]
    assert found == [10.0, 1.0, 10.0, 0.125, 32]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"modalities": ("a",)}, "one of modalities for each"),
        ({"teacher": [mlp(3), mlp(6, units=7)]}, "taps of one known shape"),
        ({"teacher": [mlp(3), mlp(6, classes=3)]}, "taps of one known shape"),
        ({"prior": (1, -1)}, "prior of modalities"),
        ({"units": 0}, "units >= 1"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
