import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import InformativeFeatures


def build(width=2, dtype="float32", **arguments):
    loss = InformativeFeatures(
        teacher_tap="t", student_tap="s", dtype=dtype, **arguments
    )
    shapes = {"t": (None, 2), "s": (None, width), "logits": (None, 3)}
    specs = {name: keras.KerasTensor(shape) for name, shape in shapes.items()}
    loss.setup(specs, specs)
    return loss


def circle(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("float32")


def one_hot(labels):
    return np.eye(3, dtype="float32")[labels]


# Class 0 lies at 0 and 20 degrees, and one stray at 90; class 1 at 100.
FACES = circle(0, 20, 90, 100)
LABELS = np.array([0, 0, 0, 1])


def test_a_face_near_another_identity_is_left_out():
    # Centre of class 0: 0, 20 and 90 degrees sum up to (1.94, 1.342), at
    # 34.7 degrees. The stray: cos 55.3 - cos 10 < 0. The others are nearer
    # to their own centre than to 100 degrees.
    found = build(sweeps=0).select(FACES, one_hot(LABELS))
    np.testing.assert_array_equal(found, [1, 1, 0, 1])


def test_faces_that_look_alike_are_selected_alike():
    # The stray is like the others by cos 90 = 0 and cos 70 = 0.342, and
    # worth cos 55.3 - cos 10 = -0.416: a pull of 0.342 l > 0.416 wins.
    rows = one_hot(LABELS)
    for smoothness, stray in ((1.0, 0), (1.5, 1)):
        found = build(smoothness=smoothness).select(FACES, rows)
        np.testing.assert_array_equal(found, [1, 1, stray, 1])


def test_the_mean_over_the_selected():
    s = FACES + np.float32([[1, 1], [0, 2], [9, 9], [0, 0]])
    logits = np.zeros((4, 3), "float32")
    found = build(sweeps=0)({"t": FACES}, {"s": s, "logits": logits}, LABELS)
    # Mean squares 1, 2 and 0; 4 examples over 3 selected.
    np.testing.assert_allclose(found, np.array([1, 2, 0, 0]) * 4 / 3, rtol=1e-5)


def test_what_has_no_label_is_not_selected():
    s = {"s": FACES + 1, "logits": np.zeros((4, 3), "float32")}
    found = build()({"t": FACES}, s, np.full(4, -1))
    np.testing.assert_array_equal(found, np.zeros(4))


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extreme_features_stay_finite(scale):
    s = {"s": scale * FACES, "logits": np.zeros((4, 3), "float32")}
    found = build()({"t": scale * FACES}, s, LABELS)
    assert np.all(np.isfinite(found))


def test_gradient_agrees_with_finite_differences():
    loss = build(width=3, dtype="float64")
    t = FACES.astype("float64")
    logits = np.zeros((4, 3))
    x = np.random.default_rng(0).normal(size=(4, 3))
    assert_gradient(
        lambda s: loss({"t": t}, {"s": s, "logits": logits}, LABELS), x
    )


def test_round_trip():
    loss = build(smoothness=0.3, sweeps=2, logits_tap="logits")
    again = InformativeFeatures.from_config(loss.get_config())
    assert (again.smoothness, again.sweeps) == (0.3, 2)
    assert again.student_taps == ("s", "logits")


@pytest.mark.parametrize(
    "arguments", [{"smoothness": -1.0}, {"sweeps": -1}, {"sweeps": 0.5}]
)
def test_mistakes_are_our_errors(arguments):
    with pytest.raises(InputError, match="A selection needs"):
        InformativeFeatures(teacher_tap="t", student_tap="s", **arguments)


def test_maps_are_our_error():
    loss = InformativeFeatures(teacher_tap="t", student_tap="s")
    maps = keras.KerasTensor((None, 4, 4, 2))
    with pytest.raises(InputError, match="among embeddings"):
        loss.setup({"t": maps}, {"s": maps, "logits": maps})


def test_its_layer_is_not_taken_for_a_wish_to_see_the_data():
    # An `AdaptingDistiller` calls what is named `adapt`.
    assert not hasattr(build(width=3), "adapt")
