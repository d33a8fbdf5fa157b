import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import JudgedMaps

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.normal(size=(3, 4, 4, 1))
M, S = RANDOM.normal(size=(2, 2, 3, 4, 4, 2))
# The last image has no true map.
H = np.abs(RANDOM.normal(size=(3, 4, 4, 2)))
H[2] = -1


def made(shapes=((4, 4, 1), (4, 4, 2), (4, 4, 2)), **arguments):
    keras.utils.set_random_seed(0)
    arguments = {"filters": (3, 2), "dtype": "float64", **arguments}
    loss = JudgedMaps(image_tap="image", taps=("a", "b"), **arguments)
    specs = {
        name: keras.KerasTensor((None, *shape))
        for name, shape in zip(("image", "a", "b"), shapes)
    }
    loss.setup(specs, specs)
    return loss


def values(loss, labels=H, own=S, step=0):
    student = {"image": tf.constant(IMAGE), "a": own[0], "b": own[1]}
    teacher = dict(zip(("a", "b"), map(tf.constant, M)))
    return loss(teacher, student, labels=tf.constant(labels), step=step)


def qualities(loss):
    return np.array([loss.quality(tf.constant(IMAGE), m) for m in M])


def test_the_judge_learns_how_good_maps_are_that_can_be_checked():
    loss = made()
    # u = max(0, 1 - mean (M - H)^2 / mean H^2).
    error = np.mean((M - H) ** 2, axis=(2, 3, 4))
    u = np.maximum(0, 1 - error / np.mean(H**2, axis=(1, 2, 3)))
    expected = np.sum((qualities(loss) - u) ** 2, axis=0)
    np.testing.assert_allclose(values(loss)[:2], expected[:2], rtol=1e-6)


def test_right_maps_are_of_quality_one_and_empty_ones_of_none():
    loss = made()
    student = {"image": tf.constant(IMAGE), "a": S[0], "b": S[1]}
    teacher = {"a": tf.constant(H), "b": tf.constant(0 * H)}
    q = [
        np.array(loss.quality(tf.constant(IMAGE), t)) for t in teacher.values()
    ]
    found = loss(teacher, student, labels=tf.constant(H))
    expected = (q[0] - 1) ** 2 + q[1] ** 2
    np.testing.assert_allclose(found[:2], expected[:2], rtol=1e-6)


def test_good_pseudo_labels_alone_are_followed():
    square = np.mean((S - M) ** 2, axis=(2, 3, 4))[:, 2]
    q = qualities(made())[:, 2]
    low, high = np.argsort(q)
    between = float(np.mean(q))
    for threshold, expected in (
        (0.0, square.sum()),
        (between, square[high]),
        (0.99, 0),
    ):
        loss = made(threshold=threshold, pseudo_weight=2.0)
        np.testing.assert_allclose(
            values(loss)[2], 2 * expected, rtol=1e-6, err_msg=str(threshold)
        )
    assert low != high


def test_an_empty_map_of_a_single_keypoint_is_no_label():
    loss = made(((4, 4, 1), (4, 4, 1), (4, 4, 1)), threshold=0.0)
    student = {"image": IMAGE, "a": S[0][..., :1], "b": S[1][..., :1]}
    teacher = {"a": M[0][..., :1], "b": M[1][..., :1]}
    labels = np.zeros((3, 4, 4, 1))
    labels[0, 1, 1] = 1.0
    found = loss(teacher, student, labels=labels, step=0)
    square = np.mean((S - M)[..., :1] ** 2, axis=(2, 3, 4)).sum(axis=0)
    np.testing.assert_allclose(found[1:], square[1:], rtol=1e-6)
    assert found[0] < 2  # Of the judge alone.


def test_it_starts_careful():
    large = made(filters=(2,))
    assert np.all(qualities(large) < 0.5)


def test_gradient():
    loss = made(threshold=0.0)
    assert_gradient(lambda a: values(loss, own=(a, tf.constant(S[1]))), S[0])


def test_extreme_maps_are_finite():
    loss = made(dtype="float32")
    student = {
        "image": tf.constant(1e4 * IMAGE, "float32"),
        "a": tf.constant(1e4 * S[0], "float32"),
        "b": tf.zeros((3, 4, 4, 2)),
    }
    teacher = {"a": tf.constant(1e4 * M[0], "float32"), "b": student["b"]}
    labels = tf.zeros((3, 4, 4, 2))
    assert np.all(np.isfinite(loss(teacher, student, labels=labels)))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"threshold": 1.0}, "threshold of judged_maps"),
        ({"pseudo_weight": -1.0}, "pseudo_weight must be"),
        ({"shapes": ((4, 4, 1), (4, 4, 2), (4, 4, 3))}, "are judged on"),
        ({"shapes": ((4, 4, 1), (4,), (4,))}, "are judged on"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        made(**arguments)


def test_labels_must_be_maps():
    with pytest.raises(InputError, match="compares labels with a tap"):
        values(made(), labels=H[:, 0, 0])
