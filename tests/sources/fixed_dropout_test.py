import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.methods.data_free.lopes_datafree_test import X
from tfkd.sources import ClassGaussians
from tfkd.sources import Representations
from tfkd.sources.fixed_dropout import FixedDropout
from tfkd.taps import Extractor

ONES = np.ones((400, 3), "float32")


def network(*dropouts):
    """Passes on what dropout leaves of three numbers."""
    inputs = x = keras.Input((3,))
    for dropout in dropouts:
        x = dropout(x)
    same = keras.layers.Dense(
        3, kernel_initializer="identity", use_bias=False, name="logits"
    )
    return keras.Model(inputs, same(x))


def test_a_mask_leaves_what_keras_leaves_in_training():
    masks = FixedDropout(seed=1)
    model = network(keras.layers.Dropout(0.25))
    read = Extractor(model, ["logits"], rewrite=masks.rewrite)
    found = np.asarray(read(ONES)["logits"])
    # 3/4 are kept, and are divided by 3/4.
    np.testing.assert_allclose(np.unique(found), [0, 4 / 3], rtol=1e-6)
    assert np.mean(found > 0) == pytest.approx(0.75, abs=0.05)
    np.testing.assert_array_equal(read(ONES)["logits"], found)
    masks.seed = 2
    assert not np.array_equal(read(ONES)["logits"], found)
    assert masks.count == 1


def test_two_layers_have_masks_of_their_own():
    masks = FixedDropout()
    model = network(keras.layers.Dropout(0.5), keras.layers.Dropout(0.5))
    read = Extractor(model, ["logits"], rewrite=masks.rewrite)
    found = np.asarray(read(ONES)["logits"])
    assert np.mean(found > 0) == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Dropout(0.5, noise_shape=(None, 1, 3)),
        keras.layers.SpatialDropout1D(0.5),
    ],
)
def test_maps_that_are_dropped_whole_have_one_number(layer):
    inputs = keras.Input((5, 3))
    model = keras.Model(inputs, layer(inputs))
    read = Extractor(model, ["outputs"], rewrite=FixedDropout().rewrite)
    found = np.asarray(read(np.ones((50, 5, 3), "float32"))["outputs"])
    np.testing.assert_array_equal(found, found[:, :1] * np.ones((1, 5, 1)))
    assert set(np.unique(found)) == {0, 2}


def test_images_are_made_for_one_mask_a_batch():
    model = network(keras.layers.Dropout(0.5))
    record = ClassGaussians.record(model, X)
    source = Representations(
        model,
        record,
        dropout=True,
        value_range=(-1, 1),
        steps=2,
        batch_size=2,
    )
    seeds = []
    rewritten = source._extractor

    def seen(*args, **kwargs):
        seeds.append(source._masks.seed)
        return rewritten(*args, **kwargs)

    source._extractor = seen
    images, _ = source.make(4)
    assert images.shape == (4, 3)
    # Each batch traces its steps once.
    assert len(set(seeds)) == 2
    # Where a mask is 0, the loss has no slope: such pixels stay.
    x = tf.Variable(images[:2])
    with tf.GradientTape() as tape:
        loss = source.loss(x, np.full((2, 3), 5.0, "float32"))
    kept = np.asarray(rewritten(tf.ones((2, 3)))["logits"]) > 0
    slopes = np.asarray(tape.gradient(loss, x))
    assert not np.any(slopes[~kept])
