import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tests.parity.adapters.helpers import evaluate
from tfkd.errors import InputError
from tfkd.losses import GatedFeatures
from tfkd.transforms import AttentionGate
from tfkd.transforms import RegionGate

TAPS = ("0/t", "1/t")
RANDOM = np.random.default_rng(0)


def loss(gate=None, dtype="float64", **arguments):
    return GatedFeatures(
        gate=gate or AttentionGate(dtype=dtype),
        teacher_taps=TAPS,
        student_tap="s",
        dtype=dtype,
        **arguments,
    )


def tensors(scale=1.0, dtype="float64"):
    shapes = {
        "0/t": (3, 2, 2, 2),
        "1/t": (3, 2, 2, 3),
        "0/logits": (3, 4),
        "1/logits": (3, 4),
    }
    teacher = {n: RANDOM.normal(size=s) for n, s in shapes.items()}
    student = {"s": RANDOM.normal(size=(3, 2, 2, 5))}
    return tuple(
        {n: (scale * x).astype(dtype) for n, x in taps.items()}
        for taps in (teacher, student)
    )


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def expected(part, teacher, student, labels, scales_the_map):
    """The equation with all gates 1/2, as they start."""
    total, logits = 0.0, 0.0
    for tap, regressor, reader in zip(TAPS, part.regressors, part.readers):
        kernel, bias = (np.array(w) for w in regressor.weights)
        follower = student["s"] @ kernel + bias
        if scales_the_map:
            error = (teacher[tap] / 2 - follower) ** 2
        else:
            error = (teacher[tap] - follower) ** 2 / 2
        total = total + error.mean(axis=(1, 2, 3))
        kernel, bias = (np.array(w) for w in reader.weights)
        logits = logits + (teacher[tap] / 2).mean(axis=(1, 2)) @ kernel + bias
    q = (softmax(teacher["0/logits"]) + softmax(teacher["1/logits"])) / 2
    for row, label in enumerate(labels):
        if label >= 0:
            q[row] = np.eye(4)[label]
    task = -np.sum(q * np.log(softmax(logits)), axis=-1)
    return np.mean(total + part.gate_weight * task)


@pytest.mark.parametrize("kind", [AttentionGate, RegionGate])
def test_is_the_equation(kind):
    part = loss(kind(dtype="float64"), gate_weight=0.7)
    teacher, student = tensors()
    labels = np.array([2, -1, 0])
    found = evaluate(part, teacher, student, labels=labels)
    want = expected(part, teacher, student, labels, kind.scales_the_map)
    np.testing.assert_allclose(found, want, rtol=1e-6)
    # Without labels the teachers' answers stand for all.
    found = evaluate(part, teacher, student)
    want = expected(part, teacher, student, [-1] * 3, kind.scales_the_map)
    np.testing.assert_allclose(found, want, rtol=1e-6)


def test_the_distance_alone_does_not_move_the_gate():
    part = loss(gate_weight=1e-20)
    teacher, student = tensors()
    evaluate(part, teacher, student)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(part(teacher, student))
    for gradient in tape.gradient(
        value, [v.value for v in part.gate.trainable_variables]
    ):
        assert np.max(np.abs(gradient)) < 1e-15


def test_other_sizes_are_averaged_to_the_smallest():
    teacher, student = tensors()
    student["s"] = student["s"].repeat(2, axis=1).repeat(2, axis=2)
    part = loss()
    found = evaluate(part, teacher, student)
    assert part.size == (2, 2)
    student["s"] = student["s"][:, ::2, ::2]
    np.testing.assert_allclose(
        found, evaluate(part, teacher, student), rtol=1e-6
    )


def test_gradient():
    part = loss()
    teacher, student = tensors()
    evaluate(part, teacher, student)
    assert_gradient(lambda s: part(teacher, {"s": s}), student["s"])


@pytest.mark.parametrize("kind", [AttentionGate, RegionGate])
@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_is_finite_at_extremes(kind, scale):
    teacher, student = tensors(scale, "float32")
    part = loss(kind(), dtype="float32")
    assert np.isfinite(evaluate(part, teacher, student))


def test_round_trip():
    part = loss(RegionGate((1, 2)), gate_weight=0.5)
    config = keras.saving.serialize_keras_object(part)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == part.get_config()


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="othing trains the gate"):
        loss(gate_weight=0.0)
    teacher, student = tensors()
    with pytest.raises(InputError, match="Gates need maps"):
        evaluate(loss(), teacher, {"s": student["s"][:, 0, 0]})
    unknown = keras.KerasTensor((None, None, None, 3))
    specs = {
        name: keras.KerasTensor(x.shape) if x.ndim == 2 else unknown
        for name, x in teacher.items()
    }
    with pytest.raises(InputError, match="of known size"):
        loss().setup(specs, {"s": unknown})
