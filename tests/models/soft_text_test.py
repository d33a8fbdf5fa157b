import keras
import numpy as np
import pytest

from tfkd.models import soft_text

SIZES = {"length": 4, "vocabulary": 6}
TOKENS = np.array([[1, 2, 3, 0], [5, 4, 1, 1]], "int32")


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (soft_text.autoencoder(**SIZES, width=3, code=5), TOKENS),
        (soft_text.generator(**SIZES, noise=2, width=3), np.ones((2, 2))),
        (soft_text.one_hot(**SIZES), TOKENS),
    ],
)
def test_every_position_is_a_distribution_over_words(model, x):
    found = model.predict(x, verbose=0)
    assert found.shape == (2, 4, 6)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-5)
    assert model.get_layer("probabilities").output.dtype == "float32"


def test_text_as_it_is():
    found = soft_text.one_hot(**SIZES).predict(TOKENS, verbose=0)
    np.testing.assert_array_equal(found.argmax(-1), TOKENS)
    np.testing.assert_array_equal(found.max(-1), 1)


def test_an_autoencoder_learns_to_restore_texts():
    keras.utils.set_random_seed(0)
    model = soft_text.autoencoder(**SIZES, width=8, code=16)
    model.compile(
        keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy"
    )
    model.fit(TOKENS, TOKENS, epochs=80, verbose=0)
    found = model.predict(TOKENS, verbose=0)
    np.testing.assert_array_equal(found.argmax(-1), TOKENS)
    # Words that are not there are not impossible.
    assert np.all(found > 0)


def test_a_saved_one_hot_model_is_the_same(tmp_path):
    soft_text.one_hot(**SIZES).save(tmp_path / "text.keras")
    loaded = keras.saving.load_model(tmp_path / "text.keras")
    assert loaded.predict(TOKENS, verbose=0).shape == (2, 4, 6)
