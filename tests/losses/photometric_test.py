import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import Photometric
from tfkd.losses.photometric import roughness
from tfkd.losses.photometric import structural_difference
from tfkd.transforms.census import census_difference

RANDOM = np.random.default_rng(0)
PAIR = RANDOM.uniform(0, 1, (2, 4, 5, 2)).astype("float32")
ZERO = np.zeros((2, 4, 5, 2), "float32")


def built(width=2, size=(4, 5), **arguments):
    arguments = {
        "structure": 0.0,
        "smoothness": 0.0,
        "value_range": (0.0, 1.0),
        **arguments,
    }
    loss = Photometric(student_tap="f", pair_tap="pair", **arguments)
    spec = {"pair": keras.KerasTensor((None, *size, 2))}
    own = {
        "f": keras.KerasTensor((None, *size, width)),
        "b": keras.KerasTensor((None, *size, width)),
    }
    loss.setup(spec, {**own, **spec})
    return loss


def ssim(a, b):
    """Of one window of 3x3, written out."""
    va, vb = a.var(), b.var()
    cov = (a * b).mean() - a.mean() * b.mean()
    return (
        (2 * a.mean() * b.mean() + 1e-4)
        * (2 * cov + 9e-4)
        / ((a.mean() ** 2 + b.mean() ** 2 + 1e-4) * (va + vb + 9e-4))
    )


def test_without_displacement_it_is_the_difference_of_the_images():
    found = built()({"pair": PAIR}, {"f": ZERO})
    expected = np.abs(PAIR[..., 0] - PAIR[..., 1]).mean((1, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    found = built(robust=True)({"pair": PAIR}, {"f": ZERO})
    expected = (np.abs(PAIR[..., 0] - PAIR[..., 1]) + 0.01) ** 0.4
    np.testing.assert_allclose(found, expected.mean((1, 2)), rtol=1e-5)


def test_structure_is_that_of_every_window_of_nine_pixels():
    first, second = PAIR[..., :1], PAIR[..., 1:]
    expected = [
        np.mean(
            [
                np.clip(
                    (1 - ssim(*(x[n, i : i + 3, j : j + 3] for x in pair))) / 2,
                    0,
                    1,
                )
                for i in range(2)
                for j in range(3)
            ]
        )
        for pair in [(first, second)]
        for n in range(2)
    ]
    found = np.mean(structural_difference(first, second), axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    found = built(structure=0.25)({"pair": PAIR}, {"f": ZERO})
    plain = built()({"pair": PAIR}, {"f": ZERO})
    mixed = 0.25 * np.array(expected) + 0.75 * np.asarray(plain)
    np.testing.assert_allclose(found, mixed, rtol=1e-4)


def test_census_is_that_of_the_windows_inside_and_of_the_mask():
    difference = np.asarray(census_difference(PAIR[..., :1], PAIR[..., 1:], 3))
    found = built(census=3)({"pair": PAIR}, {"f": ZERO})
    np.testing.assert_allclose(found, difference.mean((1, 2, 3)), rtol=1e-5)
    mask = np.zeros((2, 4, 5, 1), "float32")
    # A corner has no window; each example has one pixel that counts.
    mask[:, 0, 0], mask[:, 1, 2] = 1.0, 1.0
    loss = built(census=3, robust=True, mask_tap="m", pair_of="student")
    found = loss({"m": mask}, {"f": ZERO, "pair": PAIR})
    expected = (difference[:, 0, 1, 0] + 0.01) ** 0.4
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_displacement_may_jump_where_the_image_does():
    # Along columns: |1 - 0| e^-2 and |1 - 1| e^0, over two steps.
    displacement = np.float32([0, 1, 1]).reshape(1, 1, 3, 1)
    image = np.float32([0, 2, 2]).reshape(1, 1, 3, 1)
    tall = np.repeat(displacement, 2, axis=1), np.repeat(image, 2, axis=1)
    np.testing.assert_allclose(roughness(*tall), [np.exp(-2) / 2], rtol=1e-6)


def test_the_right_displacement_explains_the_image():
    # The second image is the first, one column to the right.
    first = PAIR[..., :1]
    pair = np.concatenate([first, np.roll(first, 1, axis=2)], axis=-1)
    flow = ZERO.copy()
    flow[..., 0] = 1
    value = built()({"pair": pair}, {"f": flow})
    # The last column has left the image: its neighbour stands for it.
    last = np.abs(first[:, :, 4, 0] - first[:, :, 3, 0]).sum(1) / 20
    np.testing.assert_allclose(value, last, rtol=1e-5)
    back = np.zeros_like(flow)
    back[..., 0] = -1
    # The way back of the last column, from where it landed, is right too.
    back[:, :, 4, 0] = 5
    seen = built(back_tap="b")({"pair": pair}, {"f": flow, "b": back})
    np.testing.assert_allclose(seen, 0.0, atol=1e-6)


def test_a_mask_of_the_teacher_chooses_pixels():
    loss = built(mask_tap="m", pair_of="student")
    assert loss.teacher_taps == ("m",)
    mask = np.zeros((2, 4, 5, 1), "float32")
    mask[0, 1, 2], mask[1, 3, 4] = 1.0, 1.0
    found = loss({"m": mask}, {"f": ZERO, "pair": PAIR})
    gap = np.abs(PAIR[..., 0] - PAIR[..., 1])
    # Two pixels count, one in each example.
    expected = [gap[0, 1, 2], gap[1, 3, 4]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_gradient_reaches_the_displacement():
    loss = built(structure=0.5, smoothness=0.1, width=1, dtype="float64")
    pair = tf.constant(PAIR.astype("float64"))
    where = RANDOM.uniform(0.2, 0.8, (2, 4, 5, 1))
    assert_gradient(lambda d: loss({"pair": pair}, {"f": d}), where, rtol=1e-4)


def test_extremes_are_finite():
    loss = built(structure=0.85, smoothness=0.1, robust=True)
    for image in (0.0, 1e-30, 1e8):
        for size in (0.0, 1e-30, 1e30):
            flow = tf.constant(np.full((2, 4, 5, 2), size, "float32"))
            with tf.GradientTape() as tape:
                tape.watch(flow)
                value = loss({"pair": PAIR * np.float32(image)}, {"f": flow})
            assert np.all(np.isfinite(value))
            assert np.all(np.isfinite(tape.gradient(value, flow)))


def test_config_round_trip():
    loss = built(
        pair_of="student", back_tap="b", mask_tap="m", robust=True, census=3
    )
    copy = Photometric.from_config(loss.get_config())
    assert copy.get_config() == loss.get_config()
    assert copy.student_taps == ("f", "b", "pair")
    assert copy.teacher_taps == ("m",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pair_of": "other"}, "photometric loss needs"),
        ({"structure": 2.0}, "photometric loss needs"),
        ({"smoothness": -1.0}, "photometric loss needs"),
        ({"value_range": (1.0, 1.0)}, "photometric loss needs"),
        ({"census": 4}, "photometric loss needs"),
        ({"census": 1}, "photometric loss needs"),
        ({"census": 2.5}, "census must be a whole number"),
        ({"census": 5}, "windows of 5 pixels"),
        ({"width": 3}, "needs a pair"),
        # Of no window and of no neighbour the mean would be NaN.
        ({"structure": 0.5, "size": (2, 5)}, "windows of 3 pixels"),
        ({"smoothness": 0.5, "size": (4, 1)}, "windows of 2 pixels"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        built(**arguments)
