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
    loss = only(build(similarities=(0.6, 0.2), temperature=1.0))
    expected = 3 / 8 * np.log(3 / 2) + 5 / 8 * np.log(5 / 6)
    # The divergence is the difference of numbers ten times as large.
    np.testing.assert_allclose(loss(teacher, student), [expected], rtol=5e-6)


def test_shares_may_come_from_an_ensemble():
    ensemble = EnsembleTeacher([mlp(), mlp()], weights=[1, 3])
    assert only(build(teacher=ensemble)).shares == [0.25, 0.75]
    assert only(build()).shares == [0.5, 0.5]
    alone = build(teacher=mlp(), confident_examples=0)
    assert only(alone).shares == [1.0]


def test_a_single_source_adds_its_clearest_examples():
    x = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
    teacher, student = mlp(), mlp()
    z_t, z_s = (np.float64(model(x)) for model in (teacher, student))
    hidden = keras.Model(teacher.input, teacher.get_layer("logits").input)
    h, answers = np.float64(hidden(x)), z_t.argmax(axis=1)
    cosines = np.stack(
        [
            h @ c / np.linalg.norm(h, axis=1) / np.linalg.norm(c)
            for c in (h[answers == k].mean(axis=0) for k in (0, 1))
        ]
    )
    # Eqn 4, and the ten examples of the largest.
    mcd = np.abs(cosines[0] - cosines[1])
    chosen = mcd >= np.sort(mcd)[-10]
    q, p = (np.exp(z / 5) for z in (z_t, z_s))
    q, p = (e / e.sum(axis=1, keepdims=True) for e in (q, p))
    soft = np.sum(q * np.log(q / p), axis=1)
    # Eqn 5 with a share of soft targets of 0.2.
    q = 0.8 * np.eye(2)[answers] + 0.2 * q
    hard = chosen * np.sum(q * np.log(q / p), axis=1)
    distiller = build(teacher=teacher, student=student, confident_examples=10)
    distiller.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    logs = distiller.fit(x, batch_size=40, verbose=0).history
    expected = 25 * np.mean(soft + hard)
    np.testing.assert_allclose(logs["loss"], [expected], rtol=1e-4)


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
    with pytest.raises(InputError, match="those of a single source"):
        build(confident_examples=10)
    with pytest.raises(InputError, match="confident_examples of ruder_ka"):
        build(teacher=mlp(), confident_examples=-1)
    with pytest.raises(InputError, match="soft_share must be"):
        build(teacher=mlp(), soft_share=2.0)
    with pytest.raises(InputError, match="temperature"):
        build(temperature=-1)
