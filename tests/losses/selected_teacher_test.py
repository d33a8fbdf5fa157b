import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import SelectedTeacher

LAYERS = ((("0/f", "1/f"), "f"),)


def made(layers=LAYERS, **arguments):
    loss = SelectedTeacher(teachers=2, layers=layers, **arguments)
    teacher = {f"{i}/logits": keras.KerasTensor((None, 2)) for i in (0, 1)}
    teacher |= {f"{i}/f": keras.KerasTensor((None, 2, 2, 1)) for i in (0, 1)}
    student = {
        "logits": keras.KerasTensor((None, 2)),
        "f": keras.KerasTensor((None, 2, 2, 2)),
    }
    loss.setup(teacher, student)
    return loss


# The first example is clear to the first teacher, the second to the second.
TEACHER = {
    "0/logits": np.float32([[9, 0], [1, 0]]),
    "1/logits": np.float32([[0, 1], [0, 5]]),
    "0/f": np.full((2, 2, 2, 1), 2, "float32"),
    "1/f": np.full((2, 2, 2, 1), 3, "float32"),
}
STUDENT = {
    "logits": np.float32([[1, 0], [0, 1]]),
    "f": np.ones((2, 2, 2, 2), "float32"),
}


def test_each_example_learns_from_its_clearest_teacher():
    loss = made(layers=())
    # ((9 - 1)^2 + 0) / 2 and (0 + (5 - 1)^2) / 2.
    found = loss(TEACHER, STUDENT)
    np.testing.assert_allclose(found, [32.0, 8.0], rtol=1e-6)


def test_features_are_compared_in_a_common_space():
    loss = made(regularizer=0.5)
    for i, (theirs, own) in enumerate(loss.aligners[0]):
        theirs.kernel.assign([[1.0 + i]])
        theirs.bias.assign([0.0])
        own.kernel.assign([[1.0], [0.0]])
        own.bias.assign([0.0])
    # 1 * 2 from 1 and 2 * 3 from 1; columns of length 1 and 4:
    # 0.5 ((1 - 1)^2 + (4 - 1)^2).
    expected = [32 + 1 + 4.5, 8 + 25 + 4.5]
    np.testing.assert_allclose(loss(TEACHER, STUDENT), expected, rtol=1e-6)


def test_gradient():
    loss = made(layers=(), dtype="float64")
    teacher = {n: x.astype("float64") for n, x in TEACHER.items()}
    assert_gradient(lambda z: loss(teacher, {"logits": z}), STUDENT["logits"])


def test_extreme_logits_are_finite():
    teacher = {**TEACHER, "0/logits": np.float32([[1e4, -1e4], [0, 0]])}
    assert np.all(np.isfinite(made()(teacher, STUDENT)))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="one tap of each teacher"):
        made(layers=((("0/f",), "f"),))
    with pytest.raises(InputError, match="regularizer must be"):
        made(regularizer=-1.0)
    with pytest.raises(InputError, match="same classes"):
        SelectedTeacher(teachers=1).setup(
            {"0/logits": keras.KerasTensor((None, 3))},
            {"logits": keras.KerasTensor((None, 2))},
        )
