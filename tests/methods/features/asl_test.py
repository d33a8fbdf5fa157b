import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    return methods.get("asl").build(
        teacher=cases.teacher(), student=cases.student(), **arguments
    )


def test_is_the_distance_of_gram_matrices():
    distiller = methods.get("asl").build(
        teacher=cases.student(),
        student=cases.student(),
        pairs=(("stage3", "stage3"),),
        keep=1,
        weight=2.0,
    )
    (loss,) = distiller.distillation_losses
    assert float(loss.weight(0)) == 2.0
    t = np.zeros((1, 2, 2, 8), "float32")
    t[..., 0] = 2.0
    t[:, 0, :, 1] = 1.0
    s = np.zeros((1, 2, 2, 8), "float32")
    s[..., 0] = 1.0
    # Of the teacher: mean 4, 0.5, and 1 twice beside the diagonal; of the
    # student: 1. Squares 9 + .25 + 1 + 1 over 64 elements.
    found = loss(
        {"stage3": t},
        {"stage3": s, "logits": np.zeros((1, 4), "float32")},
        labels=np.array([0]),
    )
    np.testing.assert_allclose(found, [11.25 / 64], rtol=1e-6)


def test_layers_are_selected_once():
    distiller = build(selection_steps=2, keep=3)
    distiller.compile("sgd", SPARSE)
    (loss,) = distiller.distillation_losses
    x, y = cases.images(8)
    left = []
    for _ in range(5):
        distiller.train_on_batch(x, y)
        left.append(np.array(loss.alive))
    assert [int(np.sum(alive)) for alive in left] == [9, 9, 3, 3, 3]
    np.testing.assert_array_equal(left[-1], left[2])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keep": 0}, "keep must be a whole number"),
        ({"selection_steps": 0}, "interval_steps must be"),
        ({"pairs": (("logits", "logits"),), "keep": 1}, "among maps"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
