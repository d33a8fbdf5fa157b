import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import SelfPacedTargets

LOG3 = np.log(3.0)
# The expert knows classes 0 and 2, and is right on the first three of four.
TEACHER = np.float32([[LOG3, 0], [LOG3, 0], [0, LOG3], [LOG3, 0]])
LABELS = np.array([0, 0, 2, 2])


def logits(*classes):
    return 4 * np.eye(3, dtype="float32")[list(classes)]


def made(**arguments):
    return SelfPacedTargets(
        classes=(0, 2), **{"momentum": 0.0, "threshold": 0.5, **arguments}
    )


def run(loss, student, labels=LABELS):
    if not loss.built:
        loss.setup(
            {"logits": keras.KerasTensor((None, 2))},
            {"logits": keras.KerasTensor((None, 3))},
        )
    taps = {"logits": TEACHER}, {"logits": student}
    return np.asarray(loss(*taps, labels=labels))


def test_it_fades_as_the_student_nears_the_expert():
    # E = 3/4. Of r = 1/2: A = 1/4 is below 3/8, A = 2/4 gives
    # (3/4 - 2/4) / (3/4 / 2) = 2/3, and A = 3/4 gives 0.
    for student, weight in (
        (logits(0, 1, 1, 1), 1.0),
        (logits(0, 0, 1, 1), 2 / 3),
        (logits(0, 0, 2, 1), 0.0),
    ):
        loss = made()
        run(loss, student)
        np.testing.assert_allclose(float(loss.pace()), weight, atol=1e-6)


def test_the_weight_is_that_before_the_batch():
    loss, student = made(), logits(0, 0, 1, 1)
    first = run(loss, student)
    second = run(loss, student)
    np.testing.assert_allclose(second, first * 2 / 3, rtol=1e-6)


def test_other_classes_and_missing_labels_move_nothing():
    loss = made()
    run(loss, logits(0, 0, 1, 1), labels=np.array([1, 1, -1, -1]))
    np.testing.assert_array_equal(loss.sums, [0, 0, 0])
    assert float(loss.pace()) == 1.0


def test_an_expert_that_is_never_right_teaches_nothing():
    loss = made()
    run(loss, logits(1, 1, 1, 1), labels=np.array([2, 2, 0, 2]))
    np.testing.assert_array_equal(loss.sums, [0, 0, 4])
    assert float(loss.pace()) == 0.0


def test_averages_forget_slowly():
    loss = made(momentum=0.75)
    run(loss, logits(0, 0, 1, 1))
    run(loss, logits(0, 0, 2, 1))
    # 2 and 3 right answers: 1/4 (3/4 2 + 3), 1/4 (3/4 3 + 3), of 4.
    expected = [4.5 / 4, 5.25 / 4, 7 / 4]
    np.testing.assert_allclose(loss.sums, expected, rtol=1e-6)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="threshold and momentum"):
        made(threshold=1.0)
