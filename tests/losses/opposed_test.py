import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import KDLoss
from tfkd.losses import Opposed
from tfkd.losses import TaskLoss
from tfkd.transforms import Regressor

TEACHER = np.array([[1.0, 3.0], [0.0, 2.0]], "float32")
STUDENT = np.array([[2.0, 1.0], [0.0, 1.0]], "float32")


class Squares(KDLoss):
    """Squared differences."""

    teacher_taps, student_taps = ("t",), ("s",)

    def values(self, teacher, student, *, labels, index, step):
        return keras.ops.sum((teacher["t"] - student["s"]) ** 2, axis=-1)


def opposed(log=False):
    match = FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        distance=LpDistance(p=1),
        weight=7.0,
    )
    loss = Opposed(match, log=log)
    spec = keras.KerasTensor((None, 2))
    loss.setup({"t": spec}, {"s": spec})
    return loss


def test_is_minus_the_other_loss():
    # (1 + 2) / 2 and (0 + 1) / 2; the weight of 7 is left out.
    found = opposed()({"t": TEACHER}, {"s": STUDENT})
    np.testing.assert_allclose(found, [-1.5, -0.5], rtol=1e-6)


def test_the_logarithm_is_of_the_mean():
    # log(1 + (1.5 + 0.5) / 2) = log 2
    found = opposed(log=True)({"t": TEACHER}, {"s": STUDENT})
    np.testing.assert_allclose(found, [-np.log(2)] * 2, rtol=1e-6)


@pytest.mark.parametrize("log", [False, True])
def test_gradient_agrees_with_finite_differences(log):
    loss = Opposed(Squares(dtype="float64"), log=log, dtype="float64")
    teacher = TEACHER.astype("float64")
    assert_gradient(lambda s: loss({"t": teacher}, {"s": s}), STUDENT)


def test_config_round_trip():
    loss = opposed(log=True)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()
    assert copy.student_taps == ("s",)


def test_mistakes_are_named():
    with pytest.raises(InputError, match="neither labels nor index"):
        Opposed(TaskLoss(student_tap="logits"))
    with pytest.raises(InputError, match="must have no weights"):
        Opposed(
            FeatureMatch(
                teacher_tap="t", student_tap="s", student_transform=Regressor()
            )
        ).setup(
            {"t": keras.KerasTensor((None, 2))},
            {"s": keras.KerasTensor((None, 3))},
        )
