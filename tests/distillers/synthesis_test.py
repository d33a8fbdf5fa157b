import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def network(filters):
    return models.build(
        "cnn",
        input_shape=(4, 4, 1),
        num_classes=3,
        filters=filters,
        strides=(2,) * len(filters),
    )


def build(**arguments):
    keras.utils.set_random_seed(0)
    model = methods.get("deepinversion").build(
        teacher=network((3, 4)),
        student=network((2, 3)),
        **{"value_range": (0, 1), "steps": 2, "examples": 4, **arguments},
    )
    model.compile("adam", LOSS)
    return model


def test_makes_its_images_once():
    model = build()
    assert model.images is None
    model.fit(epochs=2, batch_size=2, verbose=0)
    images, labels = model.images
    assert images.shape == (4, 4, 4, 1)
    np.testing.assert_array_equal(labels, [0, 1, 2, 0])
    model.fit(verbose=0)
    np.testing.assert_array_equal(model.images[0], images)


def test_adaptive_images_are_added_at_each_fit():
    model = build(competition=10.0)
    model.fit(verbose=0)
    first = model.images[0]
    model.fit(verbose=0)
    assert model.images[0].shape == (8, 4, 4, 1)
    np.testing.assert_array_equal(model.images[0][:4], first)
    assert not np.array_equal(model.images[0][4:], first)


def test_given_images_are_used_instead():
    model, other = build(), build()
    images, labels = other.synthesize()
    history = model.fit(images, labels, verbose=0, shuffle=False).history
    assert model.images is None
    assert history == other.fit(verbose=0, shuffle=False).history


def test_runs_repeat():
    first, second = (
        build().fit(epochs=2, verbose=0, shuffle=False).history
        for _ in range(2)
    )
    assert first == second


def test_mistakes_are_named():
    with pytest.raises(InputError, match="examples must be at least 1"):
        build(examples=0)
    with pytest.raises(InputError, match="labels y without images"):
        build().fit(y=np.zeros(4))
