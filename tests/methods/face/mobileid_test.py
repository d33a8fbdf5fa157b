import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(30, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def teacher():
    """Its four neurons: x0, x1, 2 x0 and x2."""
    inputs = keras.Input((4,))
    layer = keras.layers.Dense(4, name="embedding")
    x = layer(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(x))
    kernel = np.zeros((4, 4))
    kernel[[0, 1, 0, 2], [0, 1, 2, 3]] = [1, 1, 2, 1]
    layer.kernel.assign(kernel)
    return model


def build(**arguments):
    student = models.build("mlp", input_shape=(4,), num_classes=2, units=(3,))
    model = methods.get("mobileid").build(
        teacher=teacher(), student=student, **arguments
    )
    model.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    return model


def test_selects_neurons_of_the_identity_in_the_first_fit():
    model = build(neurons=2, redundancy=0.0)
    model.fit(X, Y, verbose=0)
    (loss,) = model.distillation_losses
    np.testing.assert_array_equal(loss.selected, [1, 0, 1, 0])


def test_the_loss_is_half_the_square_on_selected_neurons():
    model = build(neurons=1)
    model.adapt(X, Y)
    (loss,) = model.distillation_losses
    kernel, bias = (np.array(v, "float64") for v in loss.trainable_variables)
    f, g = RANDOM.normal(size=(2, 4)), RANDOM.normal(size=(2, 3))
    gap = f - (g @ kernel + bias)
    found = loss({"embedding": np.float32(f)}, {"embedding": np.float32(g)})
    # x0, or its double: both tell the same; the first is taken.
    np.testing.assert_allclose(found, gap[:, 0] ** 2 / 2, rtol=1e-5)


def test_the_student_comes_to_know_the_selected_neurons():
    model = build(neurons=2)
    losses = model.fit(X, Y, epochs=80, verbose=0).history["selected_neurons"]
    assert losses[-1] < 0.3 * losses[0]


def test_unlabelled_data_is_told():
    with pytest.raises(InputError, match="selected by class"):
        build().adapt(X)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"neurons": 5}, "whole number of 1 to 4"),
        ({"redundancy": -1.0}, "redundancy must be finite"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
