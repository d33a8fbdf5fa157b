import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import EnsembleTeacher


def mlp(classes=2):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp()], "student": mlp(), **arguments}
    return methods.get("ruder_ka").build(**arguments)


def only(distiller):
    (loss,) = distiller.distillation_losses
    return loss


def test_teachers_count_as_their_domain_is_like_the_target():
    # Similarities 0.6 and 0.2: g = (3/4, 1/4).
    # q = 3/4 (1/4, 3/4) + 1/4 (3/4, 1/4) = (3/8, 5/8), p = (1/4, 3/4);
    # KL(q || p) = 3/8 ln(3/2) + 5/8 ln(5/6).
    log3 = np.log(3.0)
    teacher = {
        "0/logits": np.array([[0.0, log3]], "float32"),
        "1/logits": np.array([[log3, 0.0]], "float32"),
    }
    student = {"logits": np.array([[0.0, log3]], "float32")}
    loss = only(build(similarities=(0.6, 0.2)))
    expected = 3 / 8 * np.log(3 / 2) + 5 / 8 * np.log(5 / 6)
    # The divergence is the difference of numbers ten times as large.
    np.testing.assert_allclose(loss(teacher, student), [expected], rtol=5e-6)


def test_shares_may_come_from_an_ensemble():
    ensemble = EnsembleTeacher([mlp(), mlp()], weights=[1, 3])
    assert only(build(teacher=ensemble)).shares == [0.25, 0.75]
    assert only(build()).shares == [0.5, 0.5]
    assert only(build(teacher=mlp())).shares == [1.0]


def test_it_learns_without_labels():
    x = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
    teachers = [mlp(), mlp()]
    student = mlp()
    distiller = build(teacher=teachers, student=student)
    distiller.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    labels = np.full(64, -1)
    loss = distiller.fit(x, labels, epochs=15, verbose=0).history["loss"]
    assert loss[-1] < 0.3 * loss[0]


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="similarities must be 2"):
        build(similarities=(1.0,))
    with pytest.raises(InputError, match="similarities must be 2"):
        build(similarities=(0.0, 0.0))
    with pytest.raises(InputError, match="same classes"):
        build(teacher=[mlp(), mlp(classes=3)])
    with pytest.raises(InputError, match="at least one teacher"):
        build(teacher=[])
    with pytest.raises(InputError, match="temperature"):
        build(temperature=-1)
