import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import InformativeScores


def made(dtype="float32", shapes=((3, 5), (3, 5)), **arguments):
    loss = InformativeScores(dtype=dtype, **arguments)
    teacher, student = (keras.KerasTensor((None, *s)) for s in shapes)
    loss.setup({"outputs": teacher}, {"outputs": student})
    return loss


def answers(probabilities):
    """One image, boxes of zeros, one class."""
    p = np.array(probabilities)
    scores = np.log(p / (1 - p))[None, :, None]
    boxes = np.zeros((1, len(p), 4))
    return np.concatenate([boxes, scores], axis=-1).astype("float32")


def value(loss, q, p):
    found = loss({"outputs": answers(q)}, {"outputs": answers(p)})
    return np.array(found)[0]


def test_only_differences_above_the_threshold_count():
    # Differences 0.3, 0.05 and 0.2, of which 0.05 is not above 0.1:
    # (0.09 + 0.04) / 2.
    found = value(made(), [0.5, 0.5, 0.9], [0.2, 0.55, 0.7])
    np.testing.assert_allclose(found, 0.065, rtol=1e-5)
    assert value(made(), [0.5, 0.5, 0.5], [0.55, 0.5, 0.45]) == 0


def test_the_threshold_depends_on_what_the_teacher_sees():
    # h = 0.4 - 0.4 q: 0.36 for 0.1, 0.2 for 0.5, 0.04 for 0.9; the
    # differences are 0.3, 0.3 and 0.1.
    loss = made(background=0.4, foreground=0.0)
    found = value(loss, [0.1, 0.5, 0.9], [0.4, 0.2, 0.8])
    np.testing.assert_allclose(found, (0.09 + 0.01) / 2, rtol=1e-5)


def test_boxes_are_not_read():
    teacher = answers([0.5, 0.5, 0.9])
    student = teacher + np.float32([1, 1, 1, 1, 0])
    found = made()({"outputs": teacher}, {"outputs": student})
    np.testing.assert_array_equal(found, [0])


def test_gradient():
    t, s = np.random.default_rng(0).normal(size=(2, 2, 3, 5))
    teacher = {"outputs": tf.constant(t)}
    loss = made("float64", foreground=0.2)
    assert_gradient(lambda x: loss(teacher, {"outputs": x}), s)


def test_extreme_logits_are_finite():
    t, s = 1e4 * np.random.default_rng(0).normal(size=(2, 2, 3, 5))
    t, s = t.astype("float32"), s.astype("float32")
    assert np.all(np.isfinite(made()({"outputs": t}, {"outputs": s})))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"background": 1.0}, "Thresholds of differences"),
        ({"foreground": -0.1}, "Thresholds of differences"),
        ({"shapes": ((3, 5), (4, 5))}, "the same anchors and classes"),
        ({"shapes": ((3, 4), (3, 4))}, "the same anchors and classes"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        made(**arguments)
