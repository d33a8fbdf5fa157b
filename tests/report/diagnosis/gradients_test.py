import keras
import numpy as np
import pytest

from tests.report.diagnosis import synthetic
from tfkd.errors import InputError
from tfkd.report.diagnosis import gradients
from tfkd.report.diagnosis.examples import Examples

X, Y = synthetic.rows(96)


def scores_of_labels(kind):
    """A model whose bright row is its answer, or the row after it."""
    inputs = keras.Input((4, 4, 1))
    sums = keras.ops.sum(inputs, axis=(2, 3))[:, :3]
    return keras.Model(inputs, 2 * keras.ops.roll(sums, kind, axis=1))


def compare(teacher, student, **changed):
    settings = {"examples": Examples(X, Y), "temperature": 2.0, **changed}
    return gradients.compare(teacher, student, **settings)


def test_a_right_teacher_pulls_with_the_labels_and_a_wrong_one_does_not():
    student = synthetic.classifier(0)
    right = compare(scores_of_labels(0), student)
    wrong = compare(scores_of_labels(1), student)
    assert min(right.fresh) > 0.5
    assert max(wrong.fresh) < 0


def test_cosine_and_ratio_by_hand_of_a_linear_student():
    # A student without hidden layer: d mean(L) / dW = X^T (p - q) / n, and
    # for soft targets T times that of the softened p and q.
    inputs = keras.Input((4,))
    zeros = keras.layers.Dense(3, kernel_initializer="zeros", name="head")
    student = keras.Model(inputs, zeros(inputs))
    teacher = keras.Model(inputs, 3.0 * inputs[:, :3])
    x = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    y = np.arange(30) % 3
    found = compare(teacher, student, examples=Examples(x, y), temperature=2.0)
    soft = np.exp(1.5 * x[:, :3])
    soft /= soft.sum(axis=1, keepdims=True)
    ones = np.c_[x, np.ones(30)]
    task = ones.T @ (1 / 3 - np.eye(3)[y]) / 30
    distil = 2.0 * ones.T @ (1 / 3 - soft) / 30
    norms = np.linalg.norm(task), np.linalg.norm(distil)
    assert found.fresh == pytest.approx(
        [np.sum(task * distil) / np.prod(norms)], rel=1e-4
    )
    assert found.ratio == pytest.approx(norms[1] / norms[0], rel=1e-4)
    assert found.given == pytest.approx(found.fresh, rel=1e-5)


def test_it_repeats_and_changes_neither_model_nor_generators():
    teacher, student = scores_of_labels(0), synthetic.classifier(0)
    before = student.get_weights()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = compare(teacher, student), compare(teacher, student)
    assert first == second
    for old, new in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_fresh_weights_are_not_the_given_ones():
    unseeded = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    found = compare(scores_of_labels(0), unseeded)
    assert found.fresh != found.given
    assert len(found.fresh) == len(found.given) == 3


def test_at_most_eight_batches_and_at_least_one():
    assert [len(part) for part in gradients._batches(np.arange(5))] == [5]
    parts = gradients._batches(np.arange(1000))
    assert [len(part) for part in parts] == [gradients.BATCH] * 8


def test_what_cannot_be_measured_is_told():
    teacher, student = scores_of_labels(0), synthetic.classifier(0)
    with pytest.raises(InputError, match="no trainable weights"):
        compare(teacher, scores_of_labels(1))
    student.layers[-1].bias.assign([np.nan] * 3)
    broken = synthetic.classifier(1)
    broken.layers[-1].bias.assign([np.nan] * 3)
    with pytest.raises(InputError, match="no batch gives two finite"):
        compare(broken, student)

    class Odd(keras.layers.Layer):
        def __init__(self, width):
            super().__init__()
            self.dense = keras.layers.Dense(width)

        def call(self, x):
            return self.dense(x)

    inputs = keras.Input((4, 4, 1))
    odd = keras.Model(inputs, Odd(3)(keras.layers.Flatten()(inputs)))
    with pytest.raises(InputError, match="student cannot be copied"):
        compare(teacher, odd)


def test_copies_keep_what_a_layer_was_adapted_to():
    def student(**given):
        inputs = keras.Input((4, 4, 1))
        norm = keras.layers.Normalization(**given)
        if not given:
            norm.adapt(far)
        x = keras.layers.Flatten()(norm(inputs))
        initial = keras.initializers.GlorotUniform(seed=0)
        head = keras.layers.Dense(3, kernel_initializer=initial)
        return keras.Model(inputs, head(x))

    far = 50.0 * X + 200.0
    told = student(mean=far.mean(), variance=far.var())
    adapted = student()
    examples = Examples(far, Y)
    found, expected = (
        compare(scores_of_labels(0), model, examples=examples)
        for model in (adapted, told)
    )
    assert found.fresh == pytest.approx(expected.fresh, rel=1e-3)
    assert found.given == pytest.approx(expected.given, rel=1e-3)
    assert found.ratio == pytest.approx(expected.ratio, rel=1e-3)
