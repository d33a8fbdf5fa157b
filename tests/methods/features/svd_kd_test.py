import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    return methods.get("svd_kd").build(
        teacher=cases.teacher(), student=cases.student(), **arguments
    )


def test_is_the_papers_equation():
    def network():
        return models.build(
            "cnn",
            input_shape=(4, 4, 1),
            num_classes=2,
            filters=(2, 2),
            strides=(1, 2),
        )

    (loss,) = (
        methods.get("svd_kd")
        .build(teacher=network(), student=network(), weight=3.0)
        .distillation_losses
    )
    assert float(loss.weight(0)) == 3.0

    def map_of(size, channels):
        return np.full((1, size, size, 2), channels, "float32")

    # Maps of one direction each: their first singular vector. The student's
    # second one, (-.6, .8), is less parallel to (.6, .8): .28 against .96.
    teacher = {"stage1": map_of(4, (5, 0)), "stage2": map_of(2, (6, 8))}
    student = {"stage1": map_of(4, (-2, 0)), "stage2": map_of(2, (0.8, 0.6))}
    front, back, own = (np.array(v) for v in ((1, 0), (0.6, 0.8), (0.8, 0.6)))

    def r(back):
        return np.exp(-((back[:, None] - front[None]) ** 2) / 8)

    assert r(back)[1, 0] == pytest.approx(np.exp(-(0.2**2) / 8))
    np.testing.assert_allclose(
        loss(teacher, student), [np.sum((r(back) - r(own)) ** 2)], rtol=1e-3
    )


def test_distillation_does_not_outweigh_the_task():
    moved = {}
    for weight in (0.0, 1e6):
        distiller = build(weight=weight)
        distiller.compile(keras.optimizers.SGD(1.0), SPARSE)
        before = distiller.student.get_weights()
        distiller.train_on_batch(*cases.images(8))
        moved[weight] = [
            a - b for a, b in zip(distiller.student.get_weights(), before)
        ]
    for task, both in zip(moved[0.0], moved[1e6]):
        share = np.linalg.norm(both - task) / np.linalg.norm(task)
        assert share < 1.001


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": (("stage2", "stage2"),)}, "at least two layers"),
        ({"count": 99}, "at least 99 channels"),
        ({"basis": "theirs"}, "no basis"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"ratio": -1.0}, "ratio must be a finite number >= 0"),
        ({"task_weight": 0.0}, "student_loss_weight > 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
