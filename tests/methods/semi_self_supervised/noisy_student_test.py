import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
# Half of the examples have a label.
Y = np.where(np.arange(8) % 2 == 0, (X[:, 0] > 0).astype("int32"), -1)


def network(units=(4,), classes=2):
    return models.build(
        "mlp", input_shape=(3,), num_classes=classes, units=units
    )


def build(**arguments):
    arguments.setdefault("teacher", network((8,)))
    arguments.setdefault("student", network())
    return methods.get("noisy_student").build(**arguments)


def fit(chain, epochs=1):
    chain.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    chain.fit(X, Y, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    return [h.history for h in chain.histories]


def softmax(z):
    z = np.asarray(z, "float64")
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_labels_and_sure_pseudo_labels_count_alike():
    teacher, student = network((8,)), network()
    noise = keras.random.normal((8, 3), seed=keras.random.SeedGenerator(5))
    q = softmax(teacher(X))
    p = softmax(student(X + 0.5 * np.asarray(noise)))
    confidence = q.max(axis=1)
    # Between the confidences of the four unlabelled examples.
    threshold = float(np.sort(confidence[1::2])[1:3].mean())
    kl = np.sum(q * np.log(q / p), axis=1)[1::2]
    ce = -np.log(p[np.arange(8), np.maximum(Y, 0)])[::2]
    pseudo = np.sum(kl[confidence[1::2] >= threshold]) / 8
    chain = build(
        teacher=teacher,
        student=student,
        generations=1,
        threshold=threshold,
        stddev=0.5,
        seed=5,
    )
    (logs,) = fit(chain)
    np.testing.assert_allclose(logs["pseudo_labels"], [pseudo], rtol=1e-4)
    expected = np.sum(ce) / 8 + pseudo
    np.testing.assert_allclose(logs["loss"], [expected], rtol=1e-5)


def test_every_generation_teaches_the_next():
    student = network()
    before = student.get_weights()
    chain = build(student=student, generations=3)
    assert len(fit(chain)) == 3
    assert chain.student is student
    assert not np.array_equal(before[0], student.get_weights()[0])


def test_the_student_may_be_larger_than_the_teacher():
    chain = build(student=network((32, 16)), generations=1)
    assert np.isfinite(fit(chain)[0]["loss"][0])


def test_an_unsure_teacher_gives_no_pseudo_label():
    teacher = network((8,))
    # Nothing but even predictions.
    teacher.set_weights([0 * w for w in teacher.get_weights()])
    chain = build(teacher=teacher, generations=1, threshold=0.6)
    assert fit(chain)[0]["pseudo_labels"] == [0.0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"generations": 0}, "generations of noisy_student"),
        ({"threshold": 1.0}, "confidence that a target needs"),
        ({"stddev": -1.0}, "stddev must be"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"teacher": network(classes=3)}, "score the same"),
    ],
)
def test_mistakes_are_our_errors_before_training(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
