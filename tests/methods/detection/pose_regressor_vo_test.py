import numpy as np
import pytest

from tests.conformance.cases.base import cnn
from tfkd import methods
from tfkd.errors import InputError

IMAGES = np.random.default_rng(0).uniform(0, 16, (6, 8, 8, 1))
IMAGES = IMAGES.astype("float32")
MOTIONS = np.random.default_rng(1).uniform(-1, 1, (6, 2)).astype("float32")


def build(student=None, **arguments):
    return methods.get("pose_regressor_vo").build(
        teacher=cnn((4, 4, 4), classes=2, dense=(5,)),
        student=student or cnn((2, 2, 2), classes=2, dense=(3,)),
        **arguments,
    )


def test_imitation_counts_where_the_teacher_is_right():
    model = build()
    _, imitation = model.distillation_losses
    y = np.float32([[0, 0], [1, 1], [2, 0]])
    t = np.float32([[1, 0], [1, 3], [5, 0]])
    s = np.float32([[1, 2], [3, 3], [0, 0]])
    imitation.adapt({"outputs": t}, y)
    # Errors 0.5, 2, 4.5 over their range of 4: 0.875, 0.5, and below 0.
    # Distances of s and t: (0 + 4) / 2, (4 + 0) / 2, 12.5.
    found = imitation({"outputs": t}, {"outputs": s}, labels=y)
    np.testing.assert_allclose(found, [1.75, 1.0, 0.0], rtol=1e-6)


def test_the_hint_comes_first_and_alone():
    model = build(hint_steps=10, weight=0.3, task_weight=0.7, hint_weight=2.0)
    hint, imitation = model.distillation_losses
    for step, expected in ((0, [2, 0, 0]), (9, [2, 0, 0]), (10, [0, 0.3, 0.7])):
        schedules = (hint.weight, imitation.weight, model.student_loss_weight)
        found = [float(schedule(step)) for schedule in schedules]
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("freeze", [True, False])
def test_the_first_fit_looks_at_errors_and_stage_2_may_leave_the_front(freeze):
    model = build(hint_steps=2, freeze=freeze)
    model.compile("sgd", "mse", run_eagerly=True)
    logits = model.student.get_layer("logits")
    before = logits.get_weights()
    model.fit(IMAGES, MOTIONS, batch_size=3, verbose=0)
    # Both steps were of the hint: the output layer waits.
    assert all(map(np.array_equal, before, logits.get_weights()))
    hinted = model.student.get_layer("embedding").get_weights()
    model.fit(IMAGES, MOTIONS, batch_size=3, verbose=0)
    assert not any(map(np.array_equal, before, logits.get_weights()))
    found = model.student.get_layer("embedding").get_weights()
    assert all(map(np.array_equal, hinted, found)) == freeze
    answers = model.teacher.model.predict(IMAGES, verbose=0)
    errors = np.mean((answers - MOTIONS) ** 2, axis=1)
    for loss in model.distillation_losses:
        np.testing.assert_allclose(
            loss.extremes, [errors.min(), errors.max()], rtol=1e-4
        )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hint_steps": 0}, "steps must be at least 1"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student_tap": "stage1"}, "keeps the rank"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_answers_must_be_of_the_same_numbers():
    with pytest.raises(InputError, match="to the same numbers"):
        build(cnn((2, 2, 2), classes=3, dense=(3,)))
