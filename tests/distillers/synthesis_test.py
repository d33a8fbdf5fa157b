import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import dense
from tfkd.distillers import SynthesisDistiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets


class Source:
    """Stands for `tfkd.sources.InputOptimizer`, which has its own tests."""

    def __init__(self, teacher, adaptive):
        self.teacher = teacher
        self.adaptive = adaptive

    def make(self, count, *, number=0, verbose=0):
        random = np.random.default_rng(number)
        images = random.normal(size=(count, 5)).astype("float32")
        return images, np.arange(count) % 4


def build(adaptive=False, examples=4):
    teacher = dense((9,))
    model = SynthesisDistiller(
        source=Source(teacher, adaptive),
        examples=examples,
        teacher=teacher,
        student=dense(seed=1),
        distillation_losses=SoftTargets(),
    )
    # Eagerly: a few steps cost less than their compilation.
    model.compile("adam", SPARSE, run_eagerly=True)
    return model


def test_makes_its_images_once():
    model = build()
    assert model.images is None
    model.fit(epochs=2, batch_size=2, verbose=0)
    images, labels = model.images
    assert images.shape == (4, 5)
    np.testing.assert_array_equal(labels, [0, 1, 2, 3])
    model.fit(verbose=0)
    np.testing.assert_array_equal(model.images[0], images)


def test_adaptive_images_are_added_at_each_fit():
    model = build(adaptive=True)
    model.fit(verbose=0)
    first = model.images[0]
    model.fit(verbose=0)
    assert model.images[0].shape == (8, 5)
    np.testing.assert_array_equal(model.images[0][:4], first)
    assert not np.array_equal(model.images[0][4:], first)


def test_given_images_are_used_instead():
    model, other = build(), build()
    images, labels = other.synthesize()
    history = model.fit(images, labels, verbose=0, shuffle=False).history
    assert model.images is None
    assert history["loss"] == pytest.approx(
        other.fit(verbose=0, shuffle=False).history["loss"], rel=1e-6
    )


def test_runs_repeat():
    first, second = (
        build().fit(epochs=2, verbose=0, shuffle=False).history
        for _ in range(2)
    )
    assert first["loss"] == pytest.approx(second["loss"], rel=1e-6)


def test_mistakes_are_named():
    with pytest.raises(InputError, match="examples must be at least 1"):
        build(examples=0)
    with pytest.raises(InputError, match="labels y without images"):
        build().fit(y=np.zeros(4))
