import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import FlowMix


def made(dtype="float32"):
    mixture = FlowMix(dtype=dtype)
    mixture.build([(None, 2), (None, 1), (None, 1)])
    for number, layer in enumerate(mixture.maps, start=1):
        layer.kernel.assign([[number, 0.0]])
        layer.bias.assign([0.0, 1.0])
    mixture.w.assign([np.log(2.0), 0.0, 0.0])
    return mixture


def inputs(dtype="float32"):
    values = [[[4.0, 8.0]], [[3.0]], [[5.0]]]
    return [np.array(value, dtype) for value in values]


def test_is_a_convex_mixture():
    # p = (1/2, 1/4, 1/4) of (4, 8), (3, 1) and (10, 1).
    np.testing.assert_allclose(made()(inputs()), [[5.25, 4.5]], rtol=1e-6)


def test_a_cut_leaves_the_student():
    mixture = made()
    mixture.cut.assign(1.0)
    np.testing.assert_array_equal(mixture(inputs()), [[4.0, 8.0]])


def test_gradient():
    mixture = made("float64")
    _, *others = inputs("float64")
    assert_gradient(lambda h: mixture([h, *others]), [[4.0, 8.0]])


def test_maps_are_brought_to_the_students_size():
    mixture = FlowMix()
    own, theirs = np.ones((1, 2, 2, 3)), np.ones((1, 4, 4, 2))
    assert mixture([own, theirs]).shape == (1, 2, 2, 3)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least one of a teacher"):
        FlowMix().build([(None, 2)])
    with pytest.raises(InputError, match="of the same rank"):
        FlowMix().build([(None, 2), (None, 2, 2, 2)])
