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
    return methods.get("nst").build(
        teacher=network((3, 5)), student=network((2, 4)), **arguments
    )


def kernels(name, teacher, student):
    """The kernel of the paper for one example's sets."""
    if name == "linear":
        return lambda x, y: x @ y.T
    if name == "poly":
        return lambda x, y: (x @ y.T) ** 2

    def square(x, y):
        return np.sum((x[:, None] - y[None]) ** 2, axis=-1)

    variance = np.mean(square(teacher, student))
    return lambda x, y: np.exp(-square(x, y) / (2 * variance))


@pytest.mark.parametrize("kernel", ["linear", "poly", "gaussian"])
def test_is_the_mean_discrepancy_of_channel_maps(kernel):
    random = np.random.default_rng(0)
    teacher = random.normal(size=(2, 4, 4, 5)).astype("float32")
    student = random.normal(size=(2, 4, 4, 4)).astype("float32")
    expected = []
    for t, s in zip(teacher.astype("float64"), student.astype("float64")):
        sets = [m.reshape(16, -1).T for m in (t, s)]
        t, s = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in sets)
        k = kernels(kernel, t, s)
        expected.append(
            np.mean(k(t, t)) + np.mean(k(s, s)) - 2 * np.mean(k(t, s))
        )
    distiller = build(kernel=kernel)
    (loss,) = distiller.distillation_losses
    found = loss({"stage2": teacher}, {"stage2": student})
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    # b / 2 MMD^2.
    assert distiller.distillation_loss_weights == [0.5]
    assert float(loss.weight(0)) == 50.0


def test_does_not_care_which_neuron_selects_what():
    random = np.random.default_rng(0)
    maps = random.normal(size=(2, 4, 4, 5)).astype("float32")
    student = maps[..., [4, 2, 0, 1, 3]] * np.arange(1, 6, dtype="float32")
    (loss,) = build().distillation_losses
    found = loss({"stage2": maps}, {"stage2": student})
    np.testing.assert_allclose(found, 0.0, atol=1e-6)


def test_maps_of_different_sizes_are_averaged():
    (loss,) = build(pairs=(("stage1", "stage2"),)).distillation_losses
    assert loss.teacher_transform.size == loss.student_transform.size == (4, 4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel": "cubic"}, "no kernel named 'cubic'"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"pairs": (("logits", "logits"),)}, "must be a map"),
        ({"pairs": (("stage9", "stage2"),)}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
