import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.sources import FeatureClusters
from tfkd.sources import Representations
from tfkd.sources.representations import read_features


def network():
    inputs = keras.Input((3,))
    start = keras.initializers.GlorotUniform(0)
    hidden = keras.layers.Dense(2, kernel_initializer=start, name="hidden")
    logits = keras.layers.Dense(2, kernel_initializer=start, name="logits")
    return keras.Model(inputs, logits(hidden(inputs)))


class Given:
    """A record of two taps whose sample is what it was told."""

    taps = ("hidden", "logits")
    size = 4

    def sample(self, count, random):
        rows = np.array([[1.0, -1.0, 2.0, 0.0]], "float32")
        return np.repeat(rows, count, 0), np.arange(count, dtype="int32")


def source(record=None, **arguments):
    return Representations(
        network(),
        record or Given(),
        **{"value_range": (-1, 1), "steps": 3, **arguments},
    )


@pytest.mark.parametrize("rectified", [True, False])
def test_loss_is_the_equation_written_out(rectified):
    made = source(rectified=rectified)
    x = np.array([[0.5, -0.5, 1.0], [1.0, 0.0, 0.0]], "float32")
    y, _ = Given().sample(2, None)
    layers = [made.teacher.get_layer(n) for n in ("hidden", "logits")]
    h = x @ np.asarray(layers[0].kernel, "float64")
    z = h @ np.asarray(layers[1].kernel, "float64")

    def part(v):
        return np.maximum(v, 0) if rectified else v

    expected = np.mean((part(h) - part(y[:, :2])) ** 2) / 2
    expected += np.mean((part(z) - part(y[:, 2:])) ** 2) / 2
    found = made.loss(tf.constant(x), y)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_images_come_to_have_the_features():
    teacher = network()
    x = np.array([[0.5, 0.2, 0.1], [0.3, 0.4, 0.6]], "float32")
    record = FeatureClusters.record(
        teacher, x, np.array([1, 0]), tap="hidden", clusters=1
    )
    made = Representations(
        teacher, record, rectified=False, value_range=(-1, 1), steps=200
    )
    images, labels = made.make(2)
    np.testing.assert_array_equal(labels, [0, 1])
    _, found = read_features(teacher, images, ("hidden",))
    _, wanted = read_features(teacher, x[::-1], ("hidden",))
    np.testing.assert_allclose(found, wanted, atol=0.02)


def test_features_are_read_flat_and_classes_are_the_teachers():
    teacher = network()
    x = np.eye(3, dtype="float32")
    labels, features = read_features(teacher, x, ("hidden", "logits"))
    assert features.shape == (3, 4)
    np.testing.assert_allclose(features[:, 2:], teacher(x), rtol=1e-6)
    np.testing.assert_array_equal(labels, np.argmax(teacher(x), -1))
    given, _ = read_features(teacher, x, ("hidden",), np.array([2, 0, 1]))
    np.testing.assert_array_equal(given, [2, 0, 1])


def test_mistakes_are_named():
    record = FeatureClusters.record(
        network(), np.eye(3, dtype="float32"), tap="logits"
    )
    small = FeatureClusters(
        ("logits",),
        record.centroids[:, :1],
        record.components,
        record.classes,
        1.0,
    )
    with pytest.raises(InputError, match="Record those of this teacher"):
        source(small)
    with pytest.raises(InputError, match="at least one example"):
        read_features(network(), np.zeros((0, 3)), ("hidden",))
    with pytest.raises(InputError, match="one an input"):
        read_features(network(), np.zeros((2, 3)), ("hidden",), np.zeros(3))
