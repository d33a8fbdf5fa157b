import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": cases.teacher(), "student": cases.student()}
    arguments = {"critic_filters": (4,), **arguments}
    return methods.get("ktan").build(**{**parts, **arguments})


def softplus(x):
    return np.log1p(np.exp(x))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


RANDOM = np.random.default_rng(0)
TAPS = {
    "stage3": RANDOM.normal(size=(2, 2, 2, 12)).astype("float32"),
    "logits": RANDOM.normal(size=(2, 4)).astype("float32"),
}
OWN = {"stage3": RANDOM.normal(size=(2, 2, 2, 8)).astype("float32")}


def test_is_the_equation_written_out():
    model = build(weight=0.5, adversarial_weight=0.25)
    soft, loss = model.distillation_losses
    assert (soft.name, loss.name) == ("soft_targets", "representation")
    kernel, bias = (np.asarray(w, "float64") for w in loss.layer.weights)
    made = TAPS["stage3"] @ kernel + bias
    square = np.mean((made - OWN["stage3"]) ** 2, axis=(1, 2, 3))
    game = loss.parts[1]
    real, fake = (
        np.asarray(game.critic(x.astype("float32")), "float64")[:, 0]
        for x in (made, OWN["stage3"])
    )
    adversarial = softplus(-fake) + softplus(-real) + softplus(fake)
    w, b = (np.asarray(v, "float64") for v in loss.head.weights)
    q, p = softmax(TAPS["logits"]), softmax(made.mean((1, 2)) @ w + b)
    own = np.sum(q * np.log(q / p), axis=-1)
    found = loss(TAPS, OWN)
    expected = 0.5 * square + 0.25 * adversarial + own
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_student_follows_a_layer_that_it_cannot_move():
    loss = build().distillation_losses[1]
    gradients = []
    for factor in (1.0, 5.0):
        with tf.GradientTape() as tape:
            own = {"stage3": factor * OWN["stage3"]}
            values = loss(TAPS, own)
        gradients.append(tape.gradient(values, loss.layer.kernel.value))
    np.testing.assert_array_equal(*gradients)


def test_the_layer_fits_larger_maps_to_the_student():
    loss = build(teacher_tap="stage1").distillation_losses[1]
    assert loss.layer.size == (2, 2)
    assert loss.layer.kernel.shape == (6, 8)
    assert loss.parts[1].critic.input_shape == (None, 2, 2, 8)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher_tap": "middle"}, "'middle'"),
        ({"student_tap": "embedding"}, "must be a map"),
        ({"teacher": cases.cnn((6, 8, 12), classes=7)}, "same classes"),
        ({"adversarial_weight": -1.0}, "weight must be"),
        ({"temperature": 0.0}, "temperature must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
