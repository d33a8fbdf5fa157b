import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    return methods.get("vid").build(
        teacher=network((3, 5)), student=network((2, 4)), **arguments
    )


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_is_the_log_likelihood_written_out(reduce):
    random = np.random.default_rng(0)
    teacher = random.normal(size=(2, 4, 4, 5)).astype("float32")
    student = random.normal(size=(2, 4, 4, 4)).astype("float32")
    loss = build(reduce=reduce, epsilon=1e-3).distillation_losses[1]
    scale = random.normal(size=5).astype("float32")
    loss.log_scale.assign(scale)
    found = loss({"stage2": teacher}, {"stage2": student})

    first, second, third = (
        np.asarray(kernel, "float64") for kernel in loss.mean.kernels
    )
    mean = np.maximum(student @ first, 0)
    mean = np.maximum(mean @ second, 0) @ third
    variance = np.log(1 + np.exp(scale.astype("float64"))) + 1e-3
    values = 0.5 * ((teacher - mean) ** 2 / variance + np.log(variance))
    expected = getattr(np, reduce)(values, axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_starts_at_the_initial_variance():
    for loss in build(initial_variance=3.0).distillation_losses:
        softplus = np.log(1 + np.exp(np.asarray(loss.log_scale, "float64")))
        np.testing.assert_allclose(softplus + 1e-5, 3.0, rtol=1e-6)


def test_vectors_can_be_matched_too():
    (loss,) = build(pairs=(("logits", "embedding"),)).distillation_losses
    assert loss.log_scale.shape == (3,)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"initial_variance": 0.0}, "needs initial_variance"),
        ({"reduce": "max"}, "needs initial_variance"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"pairs": (("stage2", "logits"),)}, "keeps the rank"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
