"""Images as bags of visual words, the small patches they consist of."""

import keras
import numpy as np
from keras import layers
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import require_scikit_learn


def build(
    *,
    input_shape,
    num_classes,
    scale=1.0,
    words=64,
    patch=4,
    groups=None,
):
    """Builds a linear classifier of bags of words.

    Its vocabulary comes from images:
    `model.get_layer("words").adapt(images)`, before it is trained.

    Args:
        input_shape: `(height, width, channels)`, no batch.
        num_classes: Width of the logits.
        scale: Factor of raw pixels.
        words: Size of the vocabulary, at least 2.
        patch: Side of a word in pixels.
        groups: Number of groups that the classifier counts in place of
            words; none if absent.

    Returns:
        A functional `keras.Model` with taps `words`, `groups`, `logits`.

    Raises:
        InputError: If a patch is larger than the image, or groups are not
            fewer than words.
    """
    fewer = groups is None or 2 <= groups < words
    if not 1 <= patch <= min(input_shape[:2]) or words < 2 or not fewer:
        raise InputError(
            "A bag of words needs patches within the image, at least 2 words "
            f"and fewer groups, at least 2 too; received input_shape="
            f"{tuple(input_shape)}, patch={patch!r}, words={words!r}, "
            f"groups={groups!r}."
        )
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(scale, name="rescale", dtype="float32")(inputs)
    x = VisualWords(words, patch, name="words", dtype="float32")(x)
    if groups is not None:
        x = WordGroups(groups, name="groups", dtype="float32")(x)
    x = layers.Dense(num_classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, x, name="bag_of_words")


@keras.saving.register_keras_serializable("tfkd")
class VisualWords(layers.Layer):
    """How often each word of a vocabulary occurs in an image.

    Equation:  w_i = |{p : i = argmin_j ||p - v_j||_2}|
    Symbols:   p all patches of an image, one a pixel that fits; v the
               vocabulary, by k-means in `adapt`.

    Args:
        words: Size of the vocabulary.
        patch: Side of p in pixels.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(self, words, patch=4, **kwargs):
        super().__init__(**kwargs)
        self.words = int(words)
        self.patch = int(patch)

    def build(self, input_shape):
        self.vocabulary = self.add_weight(
            (self.words, self.patch**2 * input_shape[-1]),
            "zeros",
            trainable=False,
            name="vocabulary",
        )

    def adapt(self, images, *, patches=20_000, seed=0):
        """Makes the vocabulary of images, scaled as the layer sees them.

        Args:
            images: `(count, height, width, channels)`.
            patches: Of all images together, drawn at random, at most.
            seed: Of the draw and of k-means.

        Raises:
            InputError: If the images have fewer patches than words, or
                scikit-learn is not installed.
        """
        require_scikit_learn("k-means")
        from sklearn import cluster

        found = ops.convert_to_numpy(self._patches(images))
        found = found.reshape(-1, found.shape[-1])
        random = np.random.default_rng(seed)
        if len(found) > patches:
            found = random.choice(found, patches, replace=False)
        distinct = len(np.unique(found, axis=0))
        if distinct < self.words:
            raise InputError(
                f"{self.words} words need as many different patches, the "
                f"images have {distinct}. Show more images, or pass a "
                "smaller number of words."
            )
        means = cluster.KMeans(self.words, n_init=1, random_state=seed)
        self.vocabulary.assign(means.fit(found).cluster_centers_)

    def _patches(self, images):
        images = ops.cast(images, self.compute_dtype)
        return ops.image.extract_patches(
            images, self.patch, strides=1, padding="valid"
        )

    def call(self, inputs):
        patches = self._patches(inputs)
        # ||p||^2 is the same for all words.
        gaps = ops.sum(ops.square(self.vocabulary), axis=-1)
        gaps = gaps - 2.0 * ops.matmul(patches, ops.transpose(self.vocabulary))
        nearest = ops.one_hot(
            ops.argmin(gaps, axis=-1), self.words, dtype=self.compute_dtype
        )
        return ops.sum(nearest, axis=(1, 2))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.words)

    def get_config(self):
        return {
            **super().get_config(),
            "words": self.words,
            "patch": self.patch,
        }


@keras.saving.register_keras_serializable("tfkd")
class WordGroups(layers.Layer):
    """How often words of each group occur.

    Equation:  g_k = sum_i w_i M_ik
    Symbols:   w (batch, words); M (words, groups) 1 where word i is of group
               k, else 0. It is no trained weight; at first words are dealt
               out in turn.

    Args:
        groups: Number of groups.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(self, groups, **kwargs):
        super().__init__(**kwargs)
        self.groups = int(groups)

    def build(self, input_shape):
        words = input_shape[-1]
        self.membership = self.add_weight(
            (words, self.groups),
            lambda shape, dtype: ops.one_hot(
                ops.arange(words) % self.groups, self.groups, dtype=dtype
            ),
            trainable=False,
            name="membership",
        )

    def call(self, inputs):
        return ops.matmul(inputs, self.membership)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.groups)

    def get_config(self):
        return {**super().get_config(), "groups": self.groups}
