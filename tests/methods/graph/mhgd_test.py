import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance import harness
from tfkd import methods
from tfkd.errors import InputError

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    return methods.get("mhgd").build(
        teacher=cases.teacher(),
        student=cases.student(),
        **{"estimator_steps": 2, "heads": 2, **arguments},
    )


def changed(before, after):
    return any(not np.array_equal(before[n], after[n]) for n in before)


def test_stages_follow_each_other():
    distiller = build(weight=5.0, task_weight=0.5)
    (loss,) = distiller.distillation_losses
    assert [float(loss.weight(step)) for step in (1, 2)] == [1.0, 5.0]
    task = [float(distiller.student_loss_weight(step)) for step in (1, 2)]
    assert task == [0.0, 0.5]


def test_the_divergence_is_that_of_the_heads_graphs():
    (loss,) = build().distillation_losses
    # Two examples and two heads; softmax of (x, -x) is sigmoid(2 x).
    t = np.zeros((2, 2, 2), "float32")
    t[0, 0] = (np.log(3.0) / 2, -np.log(3.0) / 2)
    s = np.zeros((2, 2, 2), "float32")
    # Head 0 of example 0: (3/4, 1/4) against (1/2, 1/2).
    kl = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    np.testing.assert_allclose(loss.compare(t, s), [kl, 0.0], rtol=1e-5)


def test_the_student_waits_for_the_estimator():
    distiller = build()
    distiller.compile(keras.optimizers.SGD(0.1), SPARSE)
    (loss,) = distiller.distillation_losses
    x, y = cases.images(8)

    moved = []
    for _ in range(3):
        parts = (distiller.student, loss.attentions[0])
        before = [harness.copy(part.trainable_variables) for part in parts]
        distiller.train_on_batch(x, y)
        after = [harness.copy(part.trainable_variables) for part in parts]
        moved.append([changed(*pair) for pair in zip(before, after)])
    assert moved == [[False, True], [False, True], [True, False]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"estimator_steps": 0}, "whole number >= 1"),
        ({"heads": 0}, "heads must be a whole number"),
        ({"pairs": (("stage1", "stage1"),)}, "at least two layers"),
        (
            {"pairs": (("stage3", "stage3"), ("logits", "logits"))},
            "Singular vectors need a tap",
        ),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"task_weight": -1.0}, "task_weight must be a finite number"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
