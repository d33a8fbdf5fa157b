import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import NonTargetAgreement


def build(**arguments):
    return NonTargetAgreement(first_tap="a", second_tap="b", **arguments)


def values(loss, a, b, labels):
    return loss({}, {"a": a, "b": b}, np.array(labels))


A = np.log(np.float32([[0.5, 0.4, 0.1]]))
B = np.log(np.float32([[0.8, 0.1, 0.1]]))


def test_cooperation_is_the_symmetric_divergence_without_the_label():
    # Without class 0: 0.8, 0.2 and 1/2, 1/2.
    one = 0.8 * np.log(1.6) + 0.2 * np.log(0.4)
    other = 0.5 * np.log(1 / 1.6) + 0.5 * np.log(1 / 0.4)
    found = values(build(), A, B, [0])
    np.testing.assert_allclose(found, [(one + other) / 2], rtol=1e-5)


def test_diversity_is_the_cosine_without_the_label():
    # (0.8, 0.2) (1/2, 1/2) / (sqrt(0.68) sqrt(0.5)).
    found = values(build(relation="diversity"), A, B, [0])
    np.testing.assert_allclose(found, [0.5 / np.sqrt(0.34)], rtol=1e-5)


@pytest.mark.parametrize("relation", ["cooperation", "diversity"])
def test_the_logit_of_the_label_does_not_count(relation):
    loss = build(relation=relation)
    moved = A + np.float32([9, 0, 0])
    np.testing.assert_allclose(
        values(loss, moved, B, [0]), values(loss, A, B, [0]), rtol=1e-5
    )


def test_without_a_label_all_classes_count():
    p, q = np.exp(A), np.exp(B)
    expected = 0.5 * np.sum((p - q) * np.log(p / q))
    np.testing.assert_allclose(
        values(build(), A, B, [-1]), [expected], rtol=1e-5
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8])
@pytest.mark.parametrize("relation", ["cooperation", "diversity"])
def test_extremes_have_a_value_and_a_gradient(relation, scale):
    random = np.random.default_rng(0)
    a, b = (scale * random.normal(size=(2, 4, 5))).astype("float32")
    a = tf.constant(a)
    with tf.GradientTape() as tape:
        tape.watch(a)
        value = values(build(relation=relation), a, b, [0, 1, 2, -1])
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, a)))


@pytest.mark.parametrize("relation", ["cooperation", "diversity"])
def test_gradient_agrees_with_finite_differences(relation):
    a, b = np.random.default_rng(0).normal(size=(2, 4, 3))
    loss = build(relation=relation, dtype="float64")
    labels = [0, 1, 2, -1]
    assert_gradient(lambda x: values(loss, x, b, labels), a)
    assert_gradient(lambda x: values(loss, a, x, labels), b)


def test_round_trip():
    loss = build(relation="diversity")
    again = NonTargetAgreement.from_config(loss.get_config())
    assert (again.student_taps, again.relation) == (("a", "b"), "diversity")


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="relation of predictions"):
        build(relation="cooperate")
    for shapes, match in (
        (((None, 3), (None, 4)), "the same classes"),
        (((None, 2), (None, 2)), "at least two others"),
        (((None, 4, 4, 3),) * 2, "logits \\(batch, classes\\)"),
    ):
        specs = dict(zip("ab", map(keras.KerasTensor, shapes)))
        with pytest.raises(InputError, match=match):
            build().setup({}, specs)
