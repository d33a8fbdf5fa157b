import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters, **arguments):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        strides=(1, 2),
        **arguments,
    )


def build(**arguments):
    return methods.get("ab").build(
        teacher=network((3, 5)), student=network((2, 4)), **arguments
    )


def test_is_the_hinge_of_normalized_responses():
    random = np.random.default_rng(0)
    teacher = random.normal(size=(3, 4, 4, 5)).astype("float32")
    student = random.normal(size=(3, 4, 4, 4)).astype("float32")
    loss = build(margin=0.5).distillation_losses[1]
    found = loss({"stage2:pre": teacher}, {"stage2:pre": student})

    y = student.astype("float64") @ np.asarray(loss.student_transform.kernel)
    mean, variance = y.mean(axis=(0, 1, 2)), y.var(axis=(0, 1, 2))
    r = (y - mean) / np.sqrt(variance + 1e-5)
    on = teacher > 0
    hinge = on * np.maximum(0.5 - r, 0) ** 2
    hinge += ~on * np.maximum(0.5 + r, 0) ** 2
    np.testing.assert_allclose(found, hinge.sum(axis=(1, 2, 3)), rtol=1e-6)


def test_earlier_groups_count_half_of_the_next():
    distiller = build(weight=4.0)
    names = [loss.name for loss in distiller.distillation_losses]
    assert names == ["ab_stage1", "ab_stage2"]
    assert distiller.distillation_loss_weights == [0.5, 1.0]
    weights = [loss.weight(0) for loss in distiller.distillation_losses]
    assert [float(weight) for weight in weights] == [4.0, 4.0]


def test_boundaries_first_then_the_task():
    distiller = build(boundary_steps=3, weight=1.0, soft_weight=0.5)
    boundary, _, soft = distiller.distillation_losses
    for step, expected in ((0, (1, 0, 0)), (2, (1, 0, 0)), (3, (0, 0.5, 1))):
        weights = boundary.weight, soft.weight, distiller.student_loss_weight
        assert tuple(float(w(step)) for w in weights) == expected


def test_needs_an_activation():
    with pytest.raises(InputError, match="before an activation"):
        build(pairs=(("stage1_bn:pre", "stage1:pre"),))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"margin": 0.0}, "needs margin > 0"),
        ({"reduce": "max"}, "needs margin > 0"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"soft_weight": -1.0}, "soft_weight must be a finite number"),
        ({"soft_weight": 1.0, "temperature": 0.0}, "temperature must be"),
        ({"boundary_steps": 0}, "steps must be at least 1"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
