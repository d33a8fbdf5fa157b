import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd.distillers.first_stage import FirstStageDistiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets

X, Y = cases.images(8)


class Doubled(FirstStageDistiller):
    """Learns a number first, which nobody needs later."""

    def stage_inputs(self, x, y):
        return np.ones((len(x), 1), "float32"), np.full((len(x), 1), 2.0)


def stage():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))
    model.compute_loss = lambda x, y, y_pred, *_, **__: keras.ops.mean(
        keras.ops.square(y - y_pred)
    )
    return model


def build(first=None, **arguments):
    first = first or stage()
    arguments = {"epochs": 2, "learning_rate": 0.1, **arguments}
    model = Doubled(
        stage=first,
        kept=[first],
        name="doubled",
        student=cases.student(),
        teacher=cases.teacher(),
        distillation_losses=SoftTargets(),
        **arguments,
    )
    model.compile("adam", cases.Case().loss, run_eagerly=True)
    return model


def test_the_first_stage_is_trained_once_and_then_frozen():
    first = stage()
    model = build(first)
    start = first.get_weights()[0]
    model.fit(X, Y, batch_size=4, verbose=0)
    trained = first.get_weights()[0]
    # Two epochs of two steps of Adam, a tenth each.
    np.testing.assert_allclose(trained - start, 0.4, atol=0.05)
    assert not first.trainable
    model.fit(X, Y, batch_size=4, verbose=0)
    np.testing.assert_array_equal(first.get_weights()[0], trained)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="stage_learning_rate must be"):
        build(learning_rate=0.0)
    with pytest.raises(InputError, match="inputs that are one array"):
        build().fit([[1.0]], verbose=0)
    with pytest.raises(InputError, match="when a method built it"):
        build().parts()
