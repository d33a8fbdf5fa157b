import sys

import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.models import bag_of_words
from tfkd.models.bag_of_words import VisualWords
from tfkd.models.bag_of_words import WordGroups

RANDOM = np.random.default_rng(0)
ARGUMENTS = {"input_shape": (4, 4, 1), "num_classes": 3, "words": 4, "patch": 2}


def dark_and_light():
    """A 3x3 image of which the right column is light."""
    return np.float32([[[0, 0, 1]] * 3])[..., None]


def test_counts_the_nearest_word_of_every_patch():
    layer = VisualWords(3, patch=2)
    layer.build((None, 3, 3, 1))
    # All dark, dark to light, all light.
    layer.vocabulary.assign([[0, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1]])
    # Of 2x2 patches, the two on the left are dark, on the right mixed.
    np.testing.assert_array_equal(layer(dark_and_light()), [[2, 2, 0]])


def test_the_vocabulary_is_what_images_consist_of():
    pytest.importorskip("sklearn")
    layer = VisualWords(2, patch=2)
    layer.build((None, 3, 3, 1))
    layer.adapt(np.repeat(dark_and_light(), 5, axis=0))
    found = sorted(layer.vocabulary.numpy().tolist())
    np.testing.assert_allclose(found, [[0, 0, 0, 0], [0, 1, 0, 1]], atol=1e-6)


def test_few_patches_can_be_drawn():
    pytest.importorskip("sklearn")
    layer = VisualWords(5, patch=2)
    layer.build((None, 8, 8, 2))
    layer.adapt(RANDOM.normal(size=(9, 8, 8, 2)), patches=5)
    assert len(np.unique(layer.vocabulary, axis=0)) == 5


def test_groups_add_their_words_up():
    layer = WordGroups(2)
    # In turn: words 0 and 2, word 1.
    np.testing.assert_array_equal(layer(np.float32([[1, 2, 4]])), [[5, 2]])
    layer.membership.assign([[0, 1], [0, 1], [0, 0]])
    np.testing.assert_array_equal(layer(np.float32([[1, 2, 4]])), [[0, 3]])


@pytest.mark.parametrize("groups", [None, 2])
def test_is_a_model_that_saves_and_loads(groups, tmp_path):
    pytest.importorskip("sklearn")
    x = RANDOM.uniform(size=(6, 4, 4, 1)).astype("float32")
    model = bag_of_words.build(**ARGUMENTS, groups=groups)
    model.get_layer("words").adapt(x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(x), loaded(x))
    # Nothing but the linear classifier is trained.
    assert len(loaded.trainable_weights) == 2


def test_pixels_are_scaled_before_words():
    model = bag_of_words.build(**ARGUMENTS, scale=1 / 16)
    words = np.zeros((4, 4), "float32")
    words[1] = 1.0
    model.get_layer("words").vocabulary.assign(words)
    tap = keras.Model(model.input, model.get_layer("words").output)
    # 9 patches of light 12 / 16, which is nearer to 1 than to 0.
    np.testing.assert_array_equal(
        tap(np.full((1, 4, 4, 1), 12.0, "float32")), [[0, 9, 0, 0]]
    )


def test_fewer_patches_than_words_are_told():
    pytest.importorskip("sklearn")
    layer = VisualWords(3, patch=2)
    layer.build((None, 3, 3, 1))
    with pytest.raises(InputError, match="3 words need as many different"):
        layer.adapt(dark_and_light())


def test_a_missing_scikit_learn_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match=r"pip install 'tfkd\[data\]'"):
        VisualWords(3).adapt(dark_and_light())


@pytest.mark.parametrize(
    "wrong",
    [{"patch": 5}, {"patch": 0}, {"words": 1}, {"groups": 4}, {"groups": 1}],
)
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="A bag of words needs"):
        bag_of_words.build(**{**ARGUMENTS, **wrong})
