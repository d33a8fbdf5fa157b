import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def poses(keypoints=2, size=4):
    """A network of images to maps, which ends in a sigmoid."""
    inputs = keras.Input((size, size, 1))
    x = keras.layers.Conv2D(3, 3, padding="same")(inputs)
    maps = keras.layers.Conv2D(keypoints, 1, activation="sigmoid", name="maps")(
        x
    )
    return keras.Model(inputs, maps)


def radio(keypoints=2, size=4):
    """A network of a horizontal and a vertical profile, fused, to maps."""
    names = ("horizontal", "vertical")
    inputs = {name: keras.Input((size,), name=name) for name in names}
    encoded = [
        keras.layers.Dense(8, activation="relu")(one) for one in inputs.values()
    ]
    x = keras.layers.Concatenate()(encoded)
    x = keras.layers.Dense(size * size * keypoints)(x)
    maps = keras.layers.Reshape((size, size, keypoints), name="maps")(x)
    return keras.Model(inputs, maps)


def build(**arguments):
    arguments = {
        "teacher": poses(),
        "student": radio(),
        "teacher_tap": "maps:pre",
        "student_tap": "maps",
        **arguments,
    }
    return methods.get("rf_pose").build(**arguments)


def test_is_the_cross_entropy_of_every_pixel_without_the_teachers_entropy():
    t, s = RANDOM.normal(size=(2, 3, 4, 4, 2))
    p, q = 1 / (1 + np.exp(-t)), 1 / (1 + np.exp(-s))
    cross = -(p * np.log(q) + (1 - p) * np.log(1 - q))
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    expected = np.sum(cross - entropy, axis=(1, 2, 3))
    for reduce, count in (("sum", 1), ("mean", 32)):
        (loss,) = build(reduce=reduce).distillation_losses
        found = loss(
            {"maps:pre": t.astype("float32")}, {"maps": s.astype("float32")}
        )
        np.testing.assert_allclose(found, expected / count, rtol=1e-5)


def test_two_radio_maps_learn_to_see_what_images_show():
    distiller = build(weight=1.0, reduce="mean")
    distiller.compile(keras.optimizers.Adam(0.02), None, jit_compile=False)
    images = RANDOM.uniform(size=(32, 4, 4, 1)).astype("float32")
    signals = {
        "horizontal": images.sum(axis=1)[..., 0],
        "vertical": images.sum(axis=2)[..., 0],
    }
    x = {"student": signals, "teacher": images}
    logs = distiller.fit(x, epochs=20, verbose=0).history["confidence_maps"]
    assert logs[-1] < 0.3 * logs[0]


def test_bad_arguments_are_our_errors():
    classifier = models.build("mlp", input_shape=(4, 4, 1), num_classes=2)
    with pytest.raises(InputError, match="rf_pose needs dense logits"):
        build(student=classifier, student_tap="logits")
    with pytest.raises(InputError, match="tensors of one shape"):
        build(student=radio(keypoints=3))
    with pytest.raises(InputError, match="reduce 'mean' or 'sum'"):
        build(reduce="max")
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
