import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import taps
from tfkd.errors import InputError
from tfkd.models.cosine_head import grow_cosine
from tfkd.models.cosine_head import with_cosine_head


def old_model(classes=2):
    return with_cosine_head(cases.cnn((3, 4, 5), classes=classes))


def build(**arguments):
    teacher = old_model()
    arguments = {
        "teacher": teacher,
        "student": grow_cosine(teacher, 2),
        **arguments,
    }
    return methods.get("lucir").build(**arguments)


def unit(x, axis):
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def test_the_loss_is_the_papers_equation():
    teacher = old_model()
    student = grow_cosine(teacher, 2)
    # Another body, so that something is forgotten.
    layer = student.get_layer("stage1_conv")
    layer.kernel.assign(-1.0 * layer.kernel)
    distiller = build(teacher=teacher, student=student, negatives=1)
    distiller.compile("sgd", cases.Case().loss, run_eagerly=True)
    x, y = cases.images(8)
    read = taps.Extractor(student, ["cosine:input"])
    f = np.asarray(read(x, training=True)["cosine:input"], "float64")
    f_t = taps.Extractor(teacher, ["cosine:input"])(x)["cosine:input"]
    s = unit(f, 1) @ unit(np.asarray(student.get_layer("cosine").vectors), 0)
    z = 10 * s
    ce = -z[np.arange(8), y] + np.log(np.exp(z).sum(axis=1))
    cosine = np.sum(unit(f, 1) * unit(np.asarray(f_t), 1), axis=1)
    old = y < 2
    rank = np.maximum(0.5 - s[np.arange(8), y] + s[:, 2:].max(1), 0)[old]
    # l = 5 sqrt(2 / 2).
    expected = np.mean(ce) + 5 * np.mean(1 - cosine) + np.mean(rank)
    logs = distiller.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-3)


def test_more_old_classes_are_held_more_tightly():
    teacher = old_model(8)
    losses = build(
        teacher=teacher, student=grow_cosine(teacher, 2)
    ).distillation_losses
    # Half of 5 sqrt(8 / 2).
    np.testing.assert_allclose(float(losses[0].weight(0)), 5.0)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="a cosine head"):
        build(teacher=cases.student())
    with pytest.raises(InputError, match="more classes than the old model"):
        build(student=old_model())
    with pytest.raises(InputError, match="Take fewer negatives"):
        build(negatives=3)
    with pytest.raises(InputError, match="finite forget_weight"):
        build(forget_weight=-1.0)


def test_an_old_model_without_layers_is_our_error():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    with pytest.raises(InputError, match="with_cosine_head"):
        build(teacher=model)
