import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd import models
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.taps import Extractor

RANDOM = np.random.default_rng(0)
CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def mlp(units=(6,), classes=2):
    return models.build(
        "mlp", input_shape=(5,), num_classes=classes, units=units
    )


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp((8,))], "student": mlp(), **arguments}
    return methods.get("distilled_reid").build(**arguments)


def log_gram(x, epsilon):
    x = np.asarray(x, "float64")
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(x @ x.T + epsilon * np.eye(len(x)))
    return vectors @ np.diag(np.log(values)) @ vectors.T


def test_agrees_with_the_equation():
    student = RANDOM.normal(size=(4, 6))
    teachers = [RANDOM.normal(size=(4, 6)), RANDOM.normal(size=(4, 8))]
    # a = (1/4, 3/4); squared Frobenius norms over B^2 = 16.
    expected = sum(
        a * np.sum((log_gram(student, 0.1) - log_gram(t, 0.1)) ** 2) / 16
        for a, t in zip((0.25, 0.75), teachers)
    )
    distiller = build(alphas=(1, 3), epsilon=0.1)
    (loss,) = distiller.distillation_losses
    found = loss(
        {f"{i}/embedding": t.astype("float32") for i, t in enumerate(teachers)},
        {"embedding": student.astype("float32")},
    )
    np.testing.assert_allclose(np.mean(found), expected, rtol=1e-5)


def test_orthogonal_against_parallel_by_hand():
    # A_s = I, A_t of two equal rows has eigenvalues 2 and 0. With e = 1:
    # log(A_s + I) = ln 2 I; log(A_t + I) = ln 3 on (1, 1)/sqrt 2 and 0 on
    # (1, -1)/sqrt 2. Squared norm of the difference: (ln 3 - ln 2)^2 +
    # (ln 2)^2, over B^2 = 4.
    (loss,) = build(teacher=[mlp()], epsilon=1.0).distillation_losses
    found = loss(
        {"0/embedding": np.array([[2.0, 0.0], [7.0, 0.0]], "float32")},
        {"embedding": np.array([[0.0, 1.0], [1.0, 0.0]], "float32")},
    )
    expected = (np.log(1.5) ** 2 + np.log(2.0) ** 2) / 4
    np.testing.assert_allclose(np.mean(found), expected, rtol=1e-6)


def trained_teacher(x, y):
    teacher = mlp((16,))
    teacher.compile(keras.optimizers.Adam(0.02), CROSS_ENTROPY)
    teacher.fit(x, y, epochs=40, verbose=0)
    return teacher


@pytest.mark.slow
def test_the_teacher_that_helps_gains_weight():
    keras.utils.set_random_seed(0)
    x = RANDOM.normal(size=(64, 5)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")
    good = trained_teacher(x, y)
    bad = trained_teacher(x, (x[:, 1] * x[:, 2] > 0).astype("int32"))
    # Only every second example is labelled.
    labels = np.where(np.arange(64) % 2, y, -1)
    distiller = build(teacher=[bad, good], adaptation_rate=1.0)
    distiller.compile(keras.optimizers.Adam(1e-3), CROSS_ENTROPY)
    distiller.fit(x, labels, batch_size=16, epochs=5, verbose=0)
    alphas = np.asarray(distiller.distillation_losses[0].shares)
    np.testing.assert_allclose(alphas.sum(), 1.0, rtol=1e-5)
    assert alphas[1] > 0.6


def test_alphas_move_by_the_cosine_of_the_gradients():
    teachers, student = [mlp(), mlp((8,))], mlp()
    x = RANDOM.normal(size=(8, 5)).astype("float32")
    y = np.array([0, 1, -1, 1, -1, 0, 1, 0])
    distiller = build(
        teacher=teachers, student=student, alphas=(1, 3), adaptation_rate=0.5
    )
    distiller.compile("sgd", CROSS_ENTROPY, run_eagerly=True)
    (mixture,) = distiller.distillation_losses
    taps = [Extractor(m, ["embedding"])(x) for m in teachers]
    variables = [v.value for v in student.trainable_variables]
    directions = []
    for index in (0, 1, None):
        with tf.GradientTape() as tape:
            if index is None:
                value = CROSS_ENTROPY(
                    y[y >= 0], tf.boolean_mask(student(x), y >= 0)
                )
            else:
                own = Extractor(student, ["embedding"])(x)
                target = {f"{index}/embedding": taps[index]["embedding"]}
                value = tf.reduce_mean(mixture.parts[index](target, own))
        found = tape.gradient(value, variables, unconnected_gradients="zero")
        flat = np.concatenate([np.ravel(g) for g in found]).astype("float64")
        directions.append(flat / np.linalg.norm(flat))
    cosines = np.array([d @ directions[2] for d in directions[:2]])
    expected = np.array([0.25, 0.75]) * np.exp(0.5 * cosines)
    distiller.fit(x, y, batch_size=8, verbose=0)
    np.testing.assert_allclose(
        mixture.shares, expected / expected.sum(), rtol=1e-4
    )


def test_alphas_of_equal_teachers_stay():
    # Both teachers are the same network: so are the gradients.
    teacher = mlp()
    x = RANDOM.normal(size=(8, 5)).astype("float32")
    distiller = build(teacher=[teacher, teacher], alphas=(1, 3))
    distiller.compile("sgd", CROSS_ENTROPY, run_eagerly=True)
    distiller.fit(x, np.arange(8) % 2, verbose=0)
    shares = distiller.distillation_losses[0].shares
    np.testing.assert_allclose(shares, [0.25, 0.75], rtol=1e-5)


def test_alphas_stay_without_labelled_examples():
    x = RANDOM.normal(size=(8, 5)).astype("float32")
    distiller = build(alphas=(1, 3))
    distiller.compile("sgd", CROSS_ENTROPY, run_eagerly=True)
    distiller.fit(x, np.full(8, -1), verbose=0)
    shares = distiller.distillation_losses[0].shares
    np.testing.assert_allclose(shares, [0.25, 0.75], rtol=1e-5)


def test_fixed_alphas_are_a_plain_distiller_without_labels():
    distiller = build(adaptation_rate=0.0, task_weight=0.0)
    assert type(distiller) is Distiller
    # In a compiled graph, as by default.
    distiller.compile("sgd", CROSS_ENTROPY)
    x = RANDOM.normal(size=(8, 5)).astype("float32")
    distiller.fit(x, np.full(8, -1), verbose=0)


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="adaptation_rate"):
        build(adaptation_rate=-1)
    with pytest.raises(InputError, match="shares of losses must be 2"):
        build(alphas=(1, 2, 3))
    with pytest.raises(InputError, match="epsilon must be > 0"):
        build(epsilon=0)
    cnn = models.build("cnn", input_shape=(8, 8, 1), num_classes=2)
    with pytest.raises(InputError, match="needs embeddings"):
        build(teacher=[cnn], student=cnn, student_tap="stage1")
    with pytest.raises(InputError, match="no_such"):
        build(student_tap="no_such")
