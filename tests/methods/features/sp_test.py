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
    return methods.get("sp").build(
        teacher=network((3, 5)), student=network((2, 4)), **arguments
    )


def loss(teacher, student, **arguments):
    """The mean over the batch of the method's only loss."""
    (part,) = build(**arguments).distillation_losses
    return np.mean(part({"stage2": teacher}, {"stage2": student}))


def test_the_paper_s_equation_by_hand():
    # G_t = [[1, 0], [0, 1]]; G_s = [[1, 1], [1, 1]] / sqrt 2.
    teacher = np.array([[1, 0], [0, 2]], "float32").reshape(2, 1, 1, 2)
    student = np.array([[3, 0], [3, 0]], "float32").reshape(2, 1, 1, 2)
    # 1 / 2^2 [2 (1 - 1 / sqrt 2)^2 + 2 / 2].
    expected = (2 * (1 - 0.5**0.5) ** 2 + 1) / 4
    np.testing.assert_allclose(loss(teacher, student), expected, rtol=1e-6)


@pytest.mark.parametrize("norm", [1, 2])
def test_the_paper_s_equation_on_maps(norm):
    random = np.random.default_rng(0)
    teacher = random.normal(size=(5, 4, 4, 5)).astype("float32")
    student = random.normal(size=(5, 4, 4, 4)).astype("float32")
    graphs = []
    for x in (teacher, student):
        q = x.reshape(5, -1).astype("float64")
        g = q @ q.T
        graphs.append(g / np.linalg.norm(g, norm, axis=1, keepdims=True))
    expected = np.sum((graphs[0] - graphs[1]) ** 2) / 25
    found = loss(teacher, student, norm=norm)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_any_rotation_of_the_features_is_as_good():
    random = np.random.default_rng(0)
    teacher = random.normal(size=(6, 1, 1, 4)).astype("float32")
    rotation = np.linalg.qr(random.normal(size=(4, 4)))[0].astype("float32")
    found = loss(teacher, 3 * teacher @ rotation)
    np.testing.assert_allclose(found, 0, atol=1e-10)


def test_weight_and_default_taps_are_the_papers():
    distiller = build()
    (part,) = distiller.distillation_losses
    assert part.student_taps == part.teacher_taps == ("stage2",)
    assert float(part.weight(0)) == 3000.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"norm": 3}, "norm must be 1 or 2"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"pairs": (("stage9", "stage2"),)}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
