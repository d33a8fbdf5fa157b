import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes=3):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp()], "student": mlp(), **arguments}
    return methods.get("end2").build(**arguments)


def only(distiller):
    (loss,) = distiller.distillation_losses
    return loss


def test_the_temperature_holds_and_falls_to_one():
    schedule = only(build(hold_steps=10, anneal_steps=90)).temperature
    # 10 for 10 steps; then 9 less in 90 steps.
    steps = (0, 9, 10, 20, 55, 100, 500)
    found = [float(schedule(step)) for step in steps]
    np.testing.assert_allclose(found, [10, 10, 10, 9, 5.5, 1, 1], rtol=1e-6)
    schedule = only(build(hold_steps=0, anneal_steps=9)).temperature
    np.testing.assert_allclose(float(schedule(3)), 7.0, rtol=1e-6)


def test_a_diverse_ensemble_gives_a_flat_dirichlet():
    # Where members agree, the density has no bound: a_0 grows for ever.
    loss = only(build(hold_steps=0, anneal_steps=1, smoothing=1e-6))
    precision = {}
    for name, teachers in {
        "diverse": ((0.9, 0.05, 0.05), (0.05, 0.9, 0.05)),
        "agreeing": ((0.5, 0.45, 0.05), (0.5, 0.45, 0.05)),
    }.items():
        taps = {
            f"{i}/logits": np.log([p]).astype("float32")
            for i, p in enumerate(teachers)
        }
        logits = keras.Variable(np.zeros((1, 3), "float32"))
        adam = keras.optimizers.Adam(0.05)
        adam.build([logits])
        for _ in range(200):
            with tf.GradientTape() as tape:
                value = loss(taps, {"logits": logits.value}, step=9)
            adam.apply([tape.gradient(value, logits.value)])
        precision[name] = float(np.sum(np.exp(logits)))
    assert precision["diverse"] < 10
    assert precision["agreeing"] > 10 * precision["diverse"]


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="hold_steps of end2"):
        build(hold_steps=-1)
    with pytest.raises(InputError, match="anneal_steps of end2"):
        build(anneal_steps=0)
    with pytest.raises(InputError, match="temperature must be .* >= 1"):
        build(temperature=0.5)
    with pytest.raises(InputError, match="smoothing must be"):
        build(smoothing=0.0)
    with pytest.raises(InputError, match="same classes"):
        build(teacher=[mlp(), mlp(classes=4)])
