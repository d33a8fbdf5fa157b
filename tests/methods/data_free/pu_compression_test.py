import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(classes=2, **arguments):
    return models.build(
        "cnn",
        input_shape=(6, 6, 1),
        num_classes=classes,
        filters=(4, 5),
        strides=(1, 2),
        **arguments,
    )


def build(**arguments):
    keras.utils.set_random_seed(0)
    return methods.get("pu_compression").build(
        **{"teacher": network(), "student": network(), **arguments}
    )


def pool():
    """Bright images with labels, bright ones without, and dark ones."""
    random = np.random.default_rng(0)
    x = random.uniform(0.0, 0.2, (60, 6, 6, 1)).astype("float32")
    x[:40] += 1.0
    return x, np.where(np.arange(60) < 10, np.arange(60) % 2, -1)


def test_what_is_unlike_the_labelled_is_not_distilled():
    model = build(
        prior=0.6,
        selector_epochs=80,
        selector_batch_size=60,
        selector_learning_rate=0.03,
    )
    x, y = pool()
    model.adapt(x, y)
    (loss,) = model.distillation_losses
    taps = model.teacher(x, student=None, step=0)
    kept = np.asarray(loss._kept(taps, y))
    assert kept[:40].mean() > 0.9
    assert kept[40:].mean() < 0.1
    np.testing.assert_allclose(loss.share, kept.mean(), rtol=1e-5)


def test_the_choice_is_read_off_all_stages_and_never_trained():
    model = build(selector_epochs=1)
    (loss,) = model.distillation_losses
    assert loss.feature_taps == ("stage1", "stage2")
    assert loss.classifier.features == 4 + 5
    x, y = pool()
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    model.adapt(x, y)
    before = loss.classifier.get_weights()
    model.fit(x, y, verbose=0)
    for first, second in zip(before, loss.classifier.get_weights()):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"student": network(classes=3)}, "score the same"),
        ({"feature_taps": ("no_such",)}, "no_such"),
        ({"prior": 0.0}, "prior must be in"),
        ({"selector_epochs": 0}, "epochs must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
