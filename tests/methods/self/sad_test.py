import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    arguments.setdefault("teacher", None)
    arguments.setdefault("student", cases.student())
    return methods.get("sad").build(**arguments)


def softmax(x):
    e = np.exp(x)
    return e / e.sum()


def test_is_the_papers_equation():
    distiller = build(blocks=("stage2", "stage3"), start_step=0, weight=5.0)
    (loss,) = distiller.distillation_losses
    assert float(loss.weight(0)) == 5.0
    shallow = np.zeros((1, 4, 4, 6), "float32")
    shallow[0, :, 0, :2] = 1.0  # Attention 2 in the first column.
    deep = np.zeros((1, 2, 2, 8), "float32")
    deep[0, :, 1, 0] = 2.0  # Attention 4 in the second of two columns.
    # Bilinear, from 0 and 4 to four columns: 0, 1, 3, 4.
    q_s = softmax(np.tile([2.0, 0.0, 0.0, 0.0], 4))
    q_t = softmax(np.tile([0.0, 1.0, 3.0, 4.0], 4))
    found = loss({"stage3": deep}, {"stage2": shallow})
    np.testing.assert_allclose(found, [np.mean((q_t - q_s) ** 2)], rtol=1e-5)


def test_blocks_are_taught_by_the_next_one_from_a_step_on():
    distiller = build(start_step=7, weight=0.5)
    taught = [
        (loss.student_taps, loss.teacher_taps)
        for loss in distiller.distillation_losses
    ]
    assert taught == [
        (("stage1",), ("stage2",)),
        (("stage2",), ("stage3",)),
    ]
    weights = [
        float(distiller.distillation_losses[0].weight(s)) for s in (6, 7)
    ]
    assert weights == [0.0, 0.5]


def test_the_deepest_block_is_not_taught():
    keras.utils.set_random_seed(0)
    distiller = build(start_step=0, weight=1e3, task_weight=0.0)
    distiller.compile(keras.optimizers.SGD(1.0), SPARSE)
    student = distiller.student
    layers = {n: student.get_layer(f"stage{n}_conv") for n in (1, 2, 3)}
    before = {n: np.array(layer.kernel) for n, layer in layers.items()}
    distiller.train_on_batch(*cases.images(8))
    moved = {
        n
        for n, layer in layers.items()
        if not np.array_equal(before[n], layer.kernel)
    }
    assert moved == {1, 2}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": 1}, "needs no teacher"),
        ({"blocks": ("stage1",)}, "at least two blocks"),
        ({"blocks": ("stage1", "no_such")}, "no_such"),
        ({"start_step": -1}, "whole number >= 0"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_vectors_are_our_error():
    mlp = models.build("mlp", input_shape=(3,), num_classes=2, units=(4, 5, 6))
    with pytest.raises(InputError, match="convolutional tap"):
        build(student=mlp)
