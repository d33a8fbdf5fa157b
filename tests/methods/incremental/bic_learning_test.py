"""BiC on the digits of scikit-learn: five classes, then five more."""

import keras
import numpy as np
import pytest
from sklearn import datasets

from tfkd import methods
from tfkd import models
from tfkd import sources
from tfkd.models import heads

OLD = 5


def compiled(model):
    model.compile(
        keras.optimizers.Adam(2e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def accuracy(model, x, y):
    return np.mean(model.predict(x, verbose=0).argmax(axis=1) == y)


def correction_gain(seed):
    """Test accuracy after stage 2 less that before."""
    keras.utils.set_random_seed(seed)
    digits = datasets.load_digits()
    x = digits.images[..., None].astype("float32")
    y = digits.target.astype("int32")
    tested = np.arange(len(y)) % 4 == 0
    first, second = ~tested & (y < OLD), ~tested & (y >= OLD)
    old = compiled(
        models.build(
            "cnn", input_shape=(8, 8, 1), num_classes=OLD, scale=1 / 16
        )
    )
    old.fit(x[first], y[first], epochs=8, verbose=0)
    features = keras.Model(old.inputs, old.get_layer("embedding").output)
    exemplars = sources.Exemplars(50)
    exemplars.add(x[first], y[first], features.predict(x[first], verbose=0))
    kept = exemplars.arrays()
    training, validation = sources.balanced_split(
        np.concatenate([kept[0], x[second]]),
        np.concatenate([kept[1], y[second]]),
        fraction=0.2,
        seed=seed,
    )
    distiller = compiled(
        methods.get("bic").build(teacher=old, student=heads.grow(old, 10 - OLD))
    )
    distiller.fit(*training, epochs=8, verbose=0)
    before = accuracy(distiller.student, x[tested], y[tested])
    distiller.correct_bias(*validation)
    return accuracy(distiller.student, x[tested], y[tested]) - before


@pytest.mark.slow
def test_the_correction_gives_back_old_classes():
    gains = [correction_gain(seed) for seed in range(3)]
    assert np.mean(gains) > 0.005, gains
