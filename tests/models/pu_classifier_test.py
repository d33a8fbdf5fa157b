import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.models import pu_classifier


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def model(prior=0.4):
    return pu_classifier.PUClassifier(features=3, prior=prior)


def test_risk_is_its_equation():
    scores = np.array([2.0, -1.0, 0.5, -3.0], "float32")
    positive = np.array([1, 1, 0, 0])
    # pi R_p+ = 0.4 mean(sigma(-2), sigma(1));
    # R_u - pi R_p- = mean(sigma(0.5), sigma(-3))
    #                 - 0.4 mean(sigma(2), sigma(-1)).
    missed = 0.4 * (sigmoid(-2.0) + sigmoid(1.0)) / 2
    false = (sigmoid(0.5) + sigmoid(-3.0)) / 2
    false -= 0.4 * (sigmoid(2.0) + sigmoid(-1.0)) / 2
    assert false > 0
    np.testing.assert_allclose(
        model().risk(positive, scores), missed + false, rtol=1e-6
    )


def test_a_risk_below_zero_is_turned_around():
    scores = np.array([3.0, -4.0], "float32")
    false = sigmoid(-4.0) - 0.4 * sigmoid(3.0)
    assert false < 0
    tensor = tf.constant(scores)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = model().risk(np.array([1, 0]), tensor)
    np.testing.assert_allclose(value, -false, rtol=1e-6)
    # The unlabelled one is raised, so that the risk comes back to zero.
    assert tape.gradient(value, tensor)[1] < 0


def test_finds_what_is_like_the_positives():
    random = np.random.default_rng(0)
    like = random.normal(3.0, 1.0, (300, 4))
    other = random.normal(-3.0, 1.0, (300, 4))
    found = pu_classifier.learned(
        np.concatenate([like, other]).astype("float32"),
        np.arange(600) < 30,
        prior=0.45,
        epochs=60,
        batch_size=600,
        learning_rate=0.03,
    )
    assert np.mean(np.asarray(found(like.astype("float32"))) > 0) > 0.95
    assert np.mean(np.asarray(found(other.astype("float32"))) > 0) < 0.05


def test_repeats_with_the_seed():
    features = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    first, again, other = (
        pu_classifier.learned(
            features,
            np.arange(8) < 3,
            prior=0.3,
            epochs=2,
            batch_size=4,
            learning_rate=0.1,
            seed=seed,
        ).get_weights()
        for seed in (0, 0, 1)
    )
    for one, two in zip(first, again):
        np.testing.assert_array_equal(one, two)
    assert not all(map(np.array_equal, first, other))


def test_a_feature_that_never_changes_is_left_as_it_is():
    features = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    features[:, 1] = 5.0
    found = pu_classifier.learned(
        features,
        np.arange(8) < 3,
        prior=0.3,
        epochs=1,
        batch_size=8,
        learning_rate=0.1,
    )
    deviation = features[:, 0].std()
    np.testing.assert_allclose(found.scale, [1 / deviation, 1.0], rtol=1e-5)


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.5])
def test_a_prior_out_of_range_is_our_error(prior):
    with pytest.raises(InputError, match="prior must be in"):
        model(prior)


def test_survives_saving(tmp_path):
    first = model()
    first.scale.assign([1.0, 2.0, 3.0])
    first.save(tmp_path / "classifier.keras")
    again = keras.saving.load_model(tmp_path / "classifier.keras")
    x = np.float32([[1, -2, 3]])
    np.testing.assert_array_equal(again(x), first(x))
    assert again.prior == 0.4
