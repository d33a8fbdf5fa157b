import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    return methods.get("kp").build(
        teacher=cases.teacher(), student=cases.student(), **arguments
    )


def test_is_the_l1_distance_to_the_projected_teacher():
    distiller = build(pairs=(("stage3", "stage3"),), weight=2.0)
    (loss,) = distiller.distillation_losses
    assert float(loss.weight(0)) == 2.0
    (projection,) = loss.projections
    # P takes the teacher's first eight channels, doubled, minus 1.
    kernel = np.concatenate([2 * np.eye(8), np.zeros((4, 8))])
    projection.set_weights([kernel, -np.ones(8)])
    t = np.zeros((1, 2, 2, 12), "float32")
    t[..., 0] = 3.0
    s = np.zeros((1, 2, 2, 8), "float32")
    # One channel of 2 * 3 - 1 = 5, seven of -1: (5 + 7) / 8.
    np.testing.assert_allclose(loss({"stage3": t}, {"stage3": s}), [1.5])


def test_routes_are_pruned_while_it_trains():
    distiller = build(interval_steps=1, keep=2)
    distiller.compile("sgd", SPARSE)
    (loss,) = distiller.distillation_losses
    x, y = cases.images(8)
    left = []
    for _ in range(9):
        distiller.train_on_batch(x, y)
        left.append(int(np.sum(loss.alive)))
    # All pairs of three stages; none leaves before the first step.
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keep": 10}, "number of routes, 9"),
        ({"interval_steps": 0}, "interval_steps must be"),
        ({"pairs": (("stage1", "logits"),)}, "keeps the rank"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
