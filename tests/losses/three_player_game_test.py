import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ThreePlayerGame

FEATURES = np.array([[1.0], [-1.0]], "float32")
CLASSIFIER = np.array([[2.0, 0.0], [0.0, 1.0]], "float32")
PEER = np.array([[1.0, 0.0], [0.0, 3.0]], "float32")
TAPS = {"x": FEATURES, "logits": CLASSIFIER, "peer1": PEER}
# The critic scores 2 x + 1 y_0 - 1 y_1.
WEIGHTS = np.array([[2.0], [1.0], [-1.0]])


class Drawn(ThreePlayerGame):
    """With class probabilities in the place of samples."""

    def sample(self, logits, temperature):
        return keras.ops.softmax(logits, axis=-1)


def critic(dtype="float32"):
    inputs = [
        keras.Input((1,), dtype=dtype),
        keras.Input((2,), dtype=dtype),
    ]
    x = keras.layers.Concatenate(dtype=dtype)(inputs)
    layer = keras.layers.Dense(1, use_bias=False, dtype=dtype)
    model = keras.Model(inputs, layer(x))
    model.set_weights([WEIGHTS])
    return model


def built(kind=ThreePlayerGame, **arguments):
    loss = kind(
        critic(arguments.get("dtype", "float32")),
        feature_tap="x",
        **arguments,
    )
    loss.setup(
        {},
        {n: keras.KerasTensor((None, *t.shape[1:])) for n, t in TAPS.items()},
    )
    return loss


def softplus(x):
    return np.log1p(np.exp(x))


def score(x, y):
    return 2 * x[:, 0] + y[:, 0] - y[:, 1]


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


@pytest.mark.parametrize("labels", [[0, 1], [[1, 0], [0, 1]]])
def test_is_equation_13_written_out(labels):
    found = built(Drawn, balance=0.3)({}, TAPS, labels=np.array(labels))
    # Real pairs score 2 + 1 = 3 and -2 - 1 = -3.
    expected = softplus(np.array([-3.0, 3.0]))
    for share, logits in ((0.3, CLASSIFIER), (0.7, PEER)):
        fake = score(FEATURES, softmax(logits.astype("float64")))
        expected += share * (softplus(fake) + softplus(-fake))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_an_unlabelled_example_has_no_real_pair():
    loss = built(Drawn)
    both = np.asarray(loss({}, TAPS, labels=np.array([0, 1])))
    found = loss({}, TAPS, labels=np.array([0, -1]))
    expected = both - np.array([0, softplus(3.0)])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_each_player_gets_its_own_gradient():
    loss = built(Drawn, balance=0.5)
    taps = {name: tf.constant(value) for name, value in TAPS.items()}
    with tf.GradientTape() as tape:
        tape.watch(list(taps.values()))
        values = loss({}, taps, labels=np.array([0, 1]))
    weight = loss.critic.weights[0].value
    x, z_c, _, w = tape.gradient(values, [*taps.values(), weight])
    assert x is None
    # d softplus(-s)/ds = -(1 - sig(s)); ds/dz_0 = 2 p_0 p_1.
    p = softmax(CLASSIFIER.astype("float64"))
    s = score(FEATURES, p)
    expected = -0.5 * (1 - 1 / (1 + np.exp(-s))) * 2 * p[:, 0] * p[:, 1]
    np.testing.assert_allclose(z_c[:, 0], expected, rtol=1e-5)
    # The critic alone moves its weights, to score real pairs higher.
    expected = -(1 - 1 / (1 + np.exp(-np.array([3.0, -3.0])))) @ FEATURES
    for logits in (CLASSIFIER, PEER):
        s = score(FEATURES, softmax(logits.astype("float64")))
        expected = expected + 0.5 / (1 + np.exp(-s)) @ FEATURES
    np.testing.assert_allclose(w[0], expected, rtol=1e-5)


def test_gradient_agrees_with_finite_differences():
    loss = built(Drawn, dtype="float64")
    held = loss.critic
    assert_gradient(
        lambda z: tf.nn.softplus(
            -held([tf.constant(FEATURES, "float64"), loss.sample(z, 1.0)])
        ),
        CLASSIFIER,
    )


def test_samples_follow_the_classes_and_harden_as_the_temperature_falls():
    loss = built()
    logits = np.log([[0.7, 0.2, 0.1]] * 4000).astype("float32")
    soft = np.asarray(loss.sample(logits, 1.0))
    hard = np.asarray(loss.sample(logits, 0.01))
    np.testing.assert_allclose(soft.sum(-1), 1.0, rtol=1e-5)
    # The Gumbel-max trick: the largest is drawn with its probability.
    share = np.bincount(hard.argmax(-1), minlength=3) / 4000
    np.testing.assert_allclose(share, [0.7, 0.2, 0.1], atol=0.03)
    assert np.mean(hard.max(-1)) > 0.95 > np.mean(soft.max(-1))


def test_noise_repeats_with_the_seed():
    labels = np.array([0, 1])
    first, second = built(seed=3), built(seed=3)
    for _ in range(2):
        one, two = (
            np.asarray(d({}, TAPS, labels=labels)) for d in (first, second)
        )
        np.testing.assert_array_equal(one, two)
    other = built(seed=4)({}, TAPS, labels=labels)
    assert not np.array_equal(other, built(seed=3)({}, TAPS, labels=labels))


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extremes_are_finite(scale):
    loss = built(temperature=0.1)
    taps = {
        name: tf.constant(scale * value[:1]) for name, value in TAPS.items()
    }
    with tf.GradientTape() as tape:
        tape.watch(list(taps.values()))
        values = loss({}, taps, labels=np.array([1]))
    assert np.all(np.isfinite(values))
    for gradient in tape.gradient(values, [taps["logits"], taps["peer1"]]):
        assert np.all(np.isfinite(gradient))


def test_config_round_trip():
    loss = built(balance=0.2, seed=5, temperature=0.5)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


def test_wrong_arguments_are_named():
    with pytest.raises(InputError, match="balance must be"):
        built(balance=1.5)
    with pytest.raises(InputError, match="needs labels"):
        built()({}, TAPS)
    loss = ThreePlayerGame(critic(), feature_tap="x")
    specs = {n: keras.KerasTensor((None, 2)) for n in TAPS}
    with pytest.raises(InputError, match="same classes"):
        loss.setup({}, {**specs, "peer1": keras.KerasTensor((None, 3))})
