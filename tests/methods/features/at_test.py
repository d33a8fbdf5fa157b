import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance import harness
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    harness.seed()
    return methods.get("at").build(
        teacher=cases.teacher(), student=cases.student(), **arguments
    )


def attention(x, power):
    q = np.sum(np.abs(x.astype("float64")) ** power, -1).reshape(len(x), -1)
    return q / np.linalg.norm(q, axis=1, keepdims=True)


@pytest.mark.parametrize("mode", ["code", "paper"])
@pytest.mark.parametrize("power", [1, 2])
def test_each_part_is_the_papers(mode, power):
    model = build(mode=mode, power=power)
    random = np.random.default_rng(0)
    t, s = (random.normal(size=(3, 4, 4, c)).astype("float32") for c in (8, 6))
    loss = next(
        part for part in model.distillation_losses if "stage2" in part.name
    )
    found = loss({"stage2": t}, {"stage2": s})
    difference = attention(t, power) - attention(s, power)
    if mode == "code":
        want = np.mean(difference**2, -1)
        factor = 1.0
    else:
        want = np.sqrt(np.sum(difference**2, -1))
        factor = 0.5
    np.testing.assert_allclose(found, want, rtol=1e-4)
    assert model.distillation_loss_weights == [factor] * 3


def test_the_scale_of_activations_does_not_matter():
    loss = build().distillation_losses[0]
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 4)).astype("float32")
    wide = np.concatenate([x, x], -1)[..., :6]
    first = loss({"stage1": wide}, {"stage1": x})
    second = loss({"stage1": 1e-8 * wide}, {"stage1": 1e4 * x})
    np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-7)


def test_stages_are_paired_from_the_last():
    model = methods.get("at").build(
        teacher=cases.cnn((6, 8, 12)),
        student=cases.student(),
        pairs=(("stage1", "stage3"),),
    )
    assert model.teacher_taps == ("stage1",)
    # 8x8 maps are averaged to the student's 2x2.
    (loss,) = model.distillation_losses
    assert loss.teacher_transform.size == (2, 2)


def test_vectors_and_unknown_modes_are_our_error():
    with pytest.raises(InputError, match="must be a map"):
        methods.get("at").build(teacher=dense(), student=dense())
    with pytest.raises(InputError, match="'paper'"):
        build(mode="papr")
