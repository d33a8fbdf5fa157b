import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import PartnerTargets

RANDOM = np.random.default_rng(0)


def partner(kernel):
    """Logits that are the view times a matrix."""
    inputs = keras.Input((None, len(kernel)))
    layer = keras.layers.Dense(len(kernel[0]), use_bias=False)
    model = keras.Model(inputs, layer(inputs))
    model.set_weights([np.float32(kernel)])
    return model


def made(kernel=((1, 0), (0, 1)), **arguments):
    loss = PartnerTargets(partner=partner(kernel), **arguments)
    loss.setup(
        {"view": keras.KerasTensor((None, None, len(kernel)))},
        {"logits": keras.KerasTensor((None, None, len(kernel[0])))},
    )
    return loss


def run(loss, view, s, labels):
    view, s = (np.asarray(x, loss.compute_dtype) for x in (view, s))
    return loss({"view": view}, {"logits": s}, labels=np.array(labels))


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def test_the_partner_learns_labels_and_the_student_follows_it():
    view, s = RANDOM.normal(size=(2, 2, 3, 2))
    kernel = RANDOM.normal(size=(2, 2))
    labels = np.array([[1, 0, -1], [1, 1, 0]])
    loss = made(kernel, partner_weight=0.5, temperature=2.0)
    z = view @ kernel
    hard = -np.take_along_axis(
        log_softmax(z), np.maximum(labels, 0)[..., None], axis=-1
    )[..., 0]
    log_q = log_softmax(z / 2)
    soft = 4 * np.sum(np.exp(log_q) * (log_q - log_softmax(s / 2)), axis=-1)
    each = 0.5 * hard + soft
    # The last position of the first has no label.
    expected = [each[0, :2].mean(), each[1].mean()]
    np.testing.assert_allclose(run(loss, view, s, labels), expected, rtol=1e-5)


def test_what_the_student_says_does_not_move_the_partner():
    gradients = []
    for s in ([[[3.0, 0.0]]], [[[0.0, 3.0]]]):
        loss = made()
        with tf.GradientTape() as tape:
            value = run(loss, [[[1.0, 0.5]]], s, [[1]])
        gradients.append(tape.gradient(value, loss.partner.trainable_weights))
    np.testing.assert_array_equal(gradients[0][0], gradients[1][0])
    assert np.any(gradients[0][0] != 0)


def test_gradients_agree_with_finite_differences():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        loss = made(dtype="float64", temperature=2.0)
        view = RANDOM.normal(size=(2, 3, 2))
        labels = np.array([[0, 1, -1], [1, 1, 0]])
        assert_gradient(
            lambda s: loss({"view": view}, {"logits": s}, labels=labels),
            RANDOM.normal(size=(2, 3, 2)),
        )
    finally:
        keras.config.set_dtype_policy(policy)


@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e20])
def test_extremes_are_finite(scale):
    view, s = scale * RANDOM.normal(size=(2, 2, 3, 2))
    labels = [[-1, -1, -1], [0, 1, -1]]
    found = np.array(run(made(), view, s, labels))
    assert np.all(np.isfinite(found))
    # Nothing is known of the first.
    assert found[0] == 0


def test_the_partner_is_saved_with_the_loss():
    loss = made(((1, 2), (3, 4)), partner_weight=0.5)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.partner_weight == 0.5
    assert copy.partner.count_params() == 4


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="trains a partner"):
        PartnerTargets(partner=None)
    with pytest.raises(InputError, match="partner_weight must be"):
        made(partner_weight=-1)
    with pytest.raises(InputError, match="temperature must be"):
        made(temperature=0.0)
    with pytest.raises(InputError, match="the same classes"):
        PartnerTargets(partner=partner(((1, 0), (0, 1)))).setup(
            {"view": keras.KerasTensor((None, None, 2))},
            {"logits": keras.KerasTensor((None, None, 3))},
        )
    with pytest.raises(InputError, match="needs labels"):
        made()(
            {"view": np.zeros((1, 1, 2), "float32")},
            {"logits": np.zeros((1, 1, 2), "float32")},
        )
