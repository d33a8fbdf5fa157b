import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection


def detector(classes=2):
    return detection.model(
        input_shape=(16, 16, 1),
        num_classes=classes,
        filters=(2, 2, 3),
        neck=3,
    )


def build(**arguments):
    arguments = {"teacher": detector(), "student": detector(), **arguments}
    return methods.get("tkd").build(**arguments)


def test_an_unsure_teacher_counts_a_sixth():
    (loss,) = build().distillation_losses
    t, s = np.zeros((2, 1, 2, 6), "float32")
    # Region 0 is sure, 0.5 at least; region 1 is 0.018 and 0.018.
    t[0, 1, 4:] = -4
    s[0] = t[0] + 2
    # (1 + 0.4^2) of 2 regions, squares of 4.
    found = loss({"logits": t}, {"logits": s})
    np.testing.assert_allclose(found, [4 * 1.16 / 2], rtol=1e-6)


def test_the_defaults_are_those_of_the_authors():
    model = build()
    (loss,) = model.distillation_losses
    assert (loss.distance.threshold, loss.distance.blend) == (0.4, 0.4)
    assert model.plan.updates == 3


def test_a_scene_that_stays_is_learned_with_few_questions():
    frames = detection.data(2, seed=1)[0][:, :16, :16]
    stream = np.repeat(frames, 15, axis=0)
    teacher = detector()
    teacher.get_layer("boxes").bias.assign(np.ones(8, "float32"))
    model = build(teacher=teacher, change=0.3, updates=20)
    model.compile(keras.optimizers.Adam(0.05), None, jit_compile=False)
    before = np.mean((model.ask(stream)["logits"] - model.answer(stream)) ** 2)
    log = model.watch(stream)
    after = np.mean((model.ask(stream)["logits"] - model.answer(stream)) ** 2)
    assert after < before / 2
    assert len(log.asked) < 10
    assert log.outputs.shape == (30, *model.student.output_shape[1:])


def test_a_stream_needs_no_labels_where_boxes_are_compiled():
    model = build(task_weight=0.5)
    model.compile("sgd", detection.loss(), jit_compile=False)
    frames = detection.data(2, seed=1)[0][:, :16, :16]
    assert model.watch(frames).outputs.shape[0] == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": detector(3)}, "two detectors"),
        ({"threshold": 2.0}, "threshold and blend"),
        ({"updates": 0}, "updates of ChangedFrames"),
        ({"change": 2.0}, "change of ChangedFrames"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
