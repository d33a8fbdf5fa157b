import math

import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters, name="cnn", **arguments):
    return models.build(
        name,
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        **arguments,
    )


def build(teacher=None, **arguments):
    return methods.get("heo_overhaul").build(
        teacher=teacher or network((3, 5, 6)),
        student=network((2, 4, 4)),
        **arguments,
    )


def test_margins_come_from_the_teachers_normalization():
    teacher = network((3, 5, 6))
    layer = teacher.get_layer("stage1_bn")
    layer.gamma.assign([1.0, -2.0, 1.0])
    layer.beta.assign([0.0, 0.0, 10.0])
    loss = build(teacher).distillation_losses[0]
    # |gamma| sqrt(2 / pi) below a beta of 0; -3 |gamma| where rare.
    half = math.sqrt(2 / math.pi)
    np.testing.assert_allclose(
        loss.teacher_transform.margin, [-half, -2 * half, -3.0], rtol=1e-6
    )


@pytest.mark.parametrize("margin", ["statistics", "batch"])
def test_is_the_partial_distance_written_out(margin):
    random = np.random.default_rng(0)
    teacher = random.normal(size=(3, 4, 4, 5)).astype("float32")
    student = random.normal(size=(3, 4, 4, 4)).astype("float32")
    loss = build(margin=margin).distillation_losses[1]
    found = loss({"stage2:pre": teacher}, {"stage2:pre": student})

    # Untrained normalization: gamma 1, beta 0.
    cut = np.full(5, -math.sqrt(2 / math.pi))
    t = teacher.astype("float64")
    if margin == "batch":
        cut = [t[..., c][t[..., c] < 0].mean() for c in range(5)]
    t = np.maximum(t, cut)
    y = student.astype("float64") @ np.asarray(loss.student_transform.kernel)
    s = (y - y.mean(axis=(0, 1, 2))) / np.sqrt(y.var(axis=(0, 1, 2)) + 1e-5)
    kept = ~((s <= t) & (t <= 0))
    expected = np.sum(kept * (t - s) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_earlier_groups_count_half_of_the_next():
    distiller = build()
    assert distiller.distillation_loss_weights == [0.25, 0.5, 1.0]
    taps = [loss.teacher_taps[0] for loss in distiller.distillation_losses]
    assert taps == ["stage1:pre", "stage2:pre", "stage3:pre"]


def test_linear_bottlenecks_are_read_as_they_are():
    distiller = build(network((3, 5, 6), "mobilenet"))
    taps = [loss.teacher_taps[0] for loss in distiller.distillation_losses]
    assert taps == ["stage1", "stage2", "stage3"]


def test_a_teacher_without_normalization_needs_batch_margins():
    teacher = network((3, 5, 6), batch_normalization=False)
    with pytest.raises(InputError, match="BatchNormalization"):
        build(teacher)
    assert build(teacher, margin="batch")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"margin": "bach"}, "batch"),
        ({"reduce": "max"}, "'mean' or 'sum'"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
