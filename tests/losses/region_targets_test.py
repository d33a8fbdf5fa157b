import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import RegionTargets

RANDOM = np.random.default_rng(0)
# One pixel of five rows and columns is an object.
ANSWER = np.zeros((1, 5, 5), int)
ANSWER[0, 1, 4] = 2


def logits_of(answer, classes=3):
    return 4 * np.eye(classes, dtype="float32")[answer]


def run(teacher, student, **arguments):
    loss = RegionTargets(**arguments)
    return loss({"logits": teacher}, {"logits": student})


def test_pixels_near_an_object_weigh_more():
    found = RegionTargets(region_weight=5.0).weights_of(logits_of(ANSWER))
    expected = np.ones((1, 5, 5))
    expected[0, 0:3, 3:] = 5
    np.testing.assert_array_equal(found, expected)
    found = RegionTargets(dilation=0).weights_of(logits_of(ANSWER))
    np.testing.assert_array_equal(found[0, 1], [1, 1, 1, 1, 5])
    # Of another background, everything else is an object.
    found = RegionTargets(background=2).weights_of(logits_of(ANSWER))
    np.testing.assert_array_equal(found, np.full((1, 5, 5), 5))


def test_is_the_weighted_cross_entropy_of_the_answer():
    s = RANDOM.normal(size=(1, 5, 5, 3))
    log_p = s - np.log(np.sum(np.exp(s), axis=-1, keepdims=True))
    cross = -np.take_along_axis(log_p, ANSWER[..., None], axis=-1)[..., 0]
    w = np.ones((1, 5, 5))
    w[0, 0:3, 3:] = 5
    found = run(logits_of(ANSWER), s.astype("float32"))
    np.testing.assert_allclose(found, [np.mean(w * cross)], rtol=1e-5)


def test_the_gradient_is_that_of_finite_differences():
    loss = RegionTargets(dtype="float64")
    target = {"logits": logits_of(ANSWER[:, :2, 3:]).astype("float64")}
    assert_gradient(
        lambda z: loss(target, {"logits": z}), RANDOM.normal(size=(1, 2, 2, 3))
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_it_is_finite_where_float32_comes_to_its_ends(scale):
    t, s = scale * RANDOM.normal(size=(2, 2, 4, 4, 3)).astype("float32")
    assert np.all(np.isfinite(run(t, s)))


def test_wrong_arguments_are_our_errors():
    for wrong in ({"region_weight": 0.0}, {"dilation": -1}, {"dilation": 0.5}):
        with pytest.raises(InputError, match="a whole dilation"):
            RegionTargets(**wrong)

    def setup(theirs, own, **arguments):
        RegionTargets(**arguments).setup(
            {"logits": keras.KerasTensor(theirs)},
            {"logits": keras.KerasTensor(own)},
        )

    with pytest.raises(InputError, match="of one shape"):
        setup((None, 4, 4, 3), (None, 4, 4, 2))
    with pytest.raises(InputError, match="needs dense logits"):
        setup((None, 3), (None, 3))
    with pytest.raises(InputError, match="one of the 3 classes"):
        setup((None, 4, 4, 3), (None, 4, 4, 3), background=3)
