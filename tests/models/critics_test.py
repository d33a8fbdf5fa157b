import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.models import critics


def test_scores_one_tap_or_several():
    one = critics.mlp((None, 3), units=(4,))
    assert one(np.ones((2, 3), "float32")).shape == (2, 1)
    two = critics.mlp((None, 4, 4, 3), (None, 2), units=(4, 5))
    taps = [np.ones((2, 4, 4, 3), "float32"), np.ones((2, 2), "float32")]
    assert two(taps).shape == (2, 1)


def test_gives_as_many_scores_as_asked_for():
    assert critics.mlp((None, 3), outputs=4).output_shape == (None, 4)
    assert critics.maps((None, 5, 4, 3), outputs=4).output_shape == (None, 4)


def test_a_critic_of_maps_sees_where_features_are():
    keras.utils.set_random_seed(0)
    critic = critics.maps((None, 4, 4, 1), filters=(3, 2))
    x = np.zeros((2, 4, 4, 1), "float32")
    x[0, 0, 0] = x[1, 3, 3] = 1.0
    first, second = np.asarray(critic(x))[:, 0]
    assert first != second
    with pytest.raises(InputError, match="critic of maps"):
        critics.maps((None, None, 4, 1))


def test_is_float32_under_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        critic = critics.mlp((None, 4, 4, 3), (None, 2))
        maps = critics.maps((None, 4, 4, 3))
    finally:
        keras.config.set_dtype_policy(policy)
    found = {
        layer.compute_dtype
        for layer in critic.layers + maps.layers
        if not isinstance(layer, keras.layers.InputLayer)
    }
    assert found == {"float32"}


def test_held_weights_get_no_gradient_and_inputs_do():
    critic = critics.mlp((None, 3))
    x = tf.ones((2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = critics.held(critic, x)
    np.testing.assert_array_equal(scores, critic(x))
    weights = [w.value for w in critic.trainable_variables]
    to_x, *others = tape.gradient(scores, [x, *weights])
    assert to_x is not None
    assert all(gradient is None for gradient in others)


def test_wrong_arguments_are_named():
    with pytest.raises(InputError, match="taps of known width"):
        critics.mlp((None, None))
    with pytest.raises(InputError, match="l2 must be"):
        critics.mlp((None, 3), l2=-1.0)


def test_a_critic_of_patches_has_a_score_for_each():
    critic = critics.patches((None, 16, 16, 3), filters=(2, 2))
    assert critic.output_shape == (None, 2, 2, 1)
    seen = critics.patches((None, 8, 8, 3), filters=(), probabilities=True)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("f4")
    # Probabilities do not change when a number is added to all logits.
    np.testing.assert_allclose(seen(x), seen(x + 3), rtol=1e-4, atol=1e-6)
    with pytest.raises(InputError, match="critic of patches"):
        critics.patches((None, 3))


def test_a_critic_of_maps_may_see_others_beside():
    keras.utils.set_random_seed(0)
    critic = critics.maps((None, 4, 4, 1), condition=(None, 4, 4, 2))
    x, beside = np.ones((2, 4, 4, 1), "f4"), np.zeros((2, 4, 4, 2), "f4")
    beside[1, 3, 3] = 1.0
    first, second = np.asarray(critic([x, beside]))[:, 0]
    assert first != second
    with pytest.raises(InputError, match="one known size"):
        critics.maps((None, 4, 4, 1), condition=(None, 2, 2, 1))


def test_a_critic_of_sequences_sees_the_order():
    keras.utils.set_random_seed(0)
    critic = critics.sequences((None, 5, 3), filters=(4,))
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    first, second = np.asarray(critic(x)), np.asarray(critic(x[:, ::-1]))
    assert first.shape == (2, 1)
    assert not np.allclose(first, second)
    with pytest.raises(InputError, match="critic of sequences"):
        critics.sequences((None, None, 3))
