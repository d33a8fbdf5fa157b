import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.models.quantized import quantized
from tfkd.models.quantized import quantized_layers
from tfkd.tasks import detection


def network(**arguments):
    return detection.model(filters=(2, 3, 4), neck=3, **arguments)


def binary(**arguments):
    plain = network(**arguments)
    return quantized(plain, weights="binary", activations=None)


def build(student=None, **arguments):
    return methods.get("binary_weight_det").build(
        teacher=network(), student=student or binary(), **arguments
    )


def test_one_more_map_counts_from_stage_to_stage():
    model = build(stage_steps=10, weight=2.0)
    names = [loss.name for loss in model.distillation_losses]
    assert names == ["hint_stage1", "hint_stage2", "hint_stage3", "hint_fpn"]
    for step, expected in (
        (0, [2, 0, 0, 0]),
        (10, [2, 2, 0, 0]),
        (29, [2, 2, 2, 0]),
        (30, [2, 2, 2, 2]),
    ):
        found = [float(k.weight(step)) for k in model.distillation_losses]
        assert found == expected


def test_maps_of_one_shape_are_compared_as_they_are():
    hint = build().distillation_losses[-1]
    t, s = np.random.default_rng(0).normal(size=(2, 2, 8, 8, 3))
    t, s = t.astype("float32"), s.astype("float32")
    expected = np.mean((t - s) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(
        hint({"fpn": t}, {"fpn": s}), expected, rtol=1e-5
    )
    assert not hint.student_transform.weights


def test_a_narrower_student_has_convolutions():
    plain = detection.model(filters=(2, 3, 4), neck=2)
    narrow = quantized(plain, weights="binary", activations=None)
    *_, hint = build(narrow).distillation_losses
    assert tuple(hint.student_transform.kernel.shape) == (2, 3)


def test_the_student_computes_with_two_values_a_filter():
    student = binary()
    build(student)
    for layer in quantized_layers(student):
        kernel = np.array(layer.rounded_kernel())
        for number in range(kernel.shape[-1]):
            size = np.abs(kernel[..., number])
            np.testing.assert_allclose(size, size.max(), rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": ()}, "at least one pair"),
        ({"stage_steps": 0}, "stage_steps of binary_weight_det"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student": network()}, "layers of binary weights"),
        (
            {"student": quantized(network(), weights="ternary")},
            "received one with weights",
        ),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
