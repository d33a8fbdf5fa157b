import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd.errors import InputError


def network(seed):
    inputs = keras.Input((3,))
    start = keras.initializers.GlorotUniform(seed)
    logits = keras.layers.Dense(3, kernel_initializer=start, name="logits")
    return keras.Model(inputs, logits(inputs))


def build(**arguments):
    parts = {"teacher": network(0), "student": network(1)}
    small = {"value_range": (-1, 1), "steps": 3, "examples": 4}
    return methods.get("zskd").build(**{**parts, **small, **arguments})


def test_images_minimize_equation_30():
    source = build(temperature=2.0).source
    x = np.array([[0.5, -0.5, 1.0]], "float32")
    y = np.array([[0.2, 0.3, 0.5]], "float32")
    kernel = np.asarray(source.teacher.get_layer("logits").kernel, "float64")
    z = x @ kernel / 2
    # The range is [-1, 1], so that pixels are what is optimized.
    expected = -np.sum(y * (z - np.log(np.sum(np.exp(z)))))
    found = source.loss(tf.constant(x), y)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_student_comes_to_agree_without_data():
    keras.utils.set_random_seed(0)
    model = build(examples=60, steps=60, learning_rate=0.1, temperature=2.0)
    model.compile(keras.optimizers.Adam(0.05))
    weight = model.distillation_losses[0].weight
    assert float(weight(0)) == np.float32(0.0025)
    history = model.fit(epochs=30, batch_size=20, verbose=0).history
    assert history["soft_targets"][-1] < 0.1 * history["soft_targets"][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scales": ()}, "scales must be"),
        ({"learning_rate": 0.0}, "learning_rate must be"),
        ({"examples": 0}, "examples must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
