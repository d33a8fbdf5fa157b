import keras
import numpy as np
import pytest

from tfkd.distillers import TwoDomainDistiller
from tfkd.distillers.two_domains import apart
from tfkd.distillers.two_domains import unlabelled
from tfkd.losses import ConfidentMatch
from tfkd.teachers import EMATeacher

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
# The domains differ in mean and spread, and come in no order.
Y = np.array([0, -1, 1, -1, -1, 1, 0, -1], "int32")
X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
X[Y < 0] = 3 * X[Y < 0] + 5


def network():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, name="hidden")(inputs)
    x = keras.layers.BatchNormalization(momentum=0.9, name="norm")(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="logits")(x))


def build(student):
    model = TwoDomainDistiller(
        student=student,
        teacher=EMATeacher(0.5, training=True, batch_statistics=True),
        distillation_losses=ConfidentMatch(name="match"),
        student_loss_weight=1.0,
    )
    model.compile(keras.optimizers.SGD(0.0), SPARSE)
    return model


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def hidden(student, x):
    kernel, bias = student.get_layer("hidden").get_weights()
    return x @ kernel + bias


def logits(student, x):
    """In plain NumPy, with the statistics of x."""
    h = hidden(student, x)
    h = (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-3)
    kernel, bias = student.get_layer("logits").get_weights()
    return h @ kernel + bias


def test_each_domain_is_normalized_by_its_own_statistics():
    student = network()
    z = logits(student, X[Y >= 0])
    task = -np.mean(np.log(softmax(z)[np.arange(4), Y[Y >= 0]]))
    logs = build(student).fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    # Keras divides by all examples of the batch.
    np.testing.assert_allclose(logs.history["task_loss"], [task / 2], rtol=1e-5)
    # The teacher starts as the student, and normalizes as it does.
    np.testing.assert_allclose(logs.history["match"], [0.0], atol=1e-9)


def test_moving_averages_follow_the_source_then_the_target():
    student = network()
    source, target = (hidden(student, X[m]).mean(0) for m in (Y >= 0, Y < 0))
    build(student).fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    # 0.9 (0.9 * 0 + 0.1 source) + 0.1 target
    np.testing.assert_allclose(
        student.get_layer("norm").moving_mean,
        0.09 * source + 0.1 * target,
        rtol=1e-5,
    )


def test_no_weight_of_the_teacher_is_trained():
    model = build(network())
    theirs = {id(v) for v in model.teacher.copy.variables}
    assert not theirs & {id(v) for v in model.trainable_variables}


@pytest.mark.parametrize("label", [1, -1])
def test_a_batch_of_one_domain_trains(label):
    logs = build(network()).fit(X, np.full(8, label), verbose=0).history
    assert np.isfinite(logs["loss"][0])


def test_results_come_in_the_order_of_the_batch():
    x = np.arange(5.0)
    chosen = np.array([True, False, False, True, True])
    found = apart(lambda part: part - part[0], x, chosen)
    # 1 2 and 0 3 4, each less its first.
    np.testing.assert_array_equal(found, [0, 0, 1, 3, 4])


def test_rows_of_zeros_have_no_label():
    rows = np.array([[0, 1], [0, 0]])
    np.testing.assert_array_equal(unlabelled(rows), [False, True])
    np.testing.assert_array_equal(unlabelled(rows[:, 1:] - 1), [False, True])
