import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import RegionGate

RANDOM = np.random.default_rng(0)


def maps(widths=(2, 3, 4), size=(4, 4)):
    return [RANDOM.normal(size=(2, *size, w)).astype("float32") for w in widths]


def test_all_of_a_region_is_kept_alike():
    gate = RegionGate((2, 2))
    inputs = maps()
    for found in gate(inputs):
        np.testing.assert_allclose(found, 0.5)
    for kernel in gate.kernels:
        kernel.assign(RANDOM.normal(size=kernel.shape))
    first, second = gate(inputs)
    assert first.shape == second.shape == (2, 4, 4, 1)
    blocks = np.array(first).reshape(2, 2, 2, 2, 2)
    np.testing.assert_allclose(blocks, blocks[:, :, :1, :, :1] + 0 * blocks)
    assert len(np.unique(blocks[0].round(6))) == 4


def test_a_region_counts_by_teacher_and_student():
    # One region: means (3, 4) and (0, 2), at length one (0.6, 0.8), (0, 1);
    # w = (1, 0, 0, 2), b = -1: 0.6 + 2 - 1 = 1.6.
    gate = RegionGate((1, 1))
    teacher = np.array([[[[2.0, 8.0], [4.0, 0.0]]]], "float32")
    student = np.array([[[[0.0, 1.0], [0.0, 3.0]]]], "float32")
    gate([teacher, student])
    gate.kernels[0].assign([[1.0], [0.0], [0.0], [2.0]])
    gate.biases[0].assign([-1.0])
    (found,) = gate([teacher, student])
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-1.6)), rtol=1e-6)


def test_gradient():
    gate = RegionGate((2, 2), dtype="float64")
    inputs = [x.astype("float64") for x in maps()]
    gate(inputs)
    for kernel in gate.kernels:
        kernel.assign(RANDOM.normal(size=kernel.shape))
    assert_gradient(lambda x: gate([x, *inputs[1:]])[0], inputs[0])


def test_round_trip():
    gate = RegionGate((1, 3))
    config = keras.saving.serialize_keras_object(gate)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == gate.get_config()


@pytest.mark.parametrize("regions", [(5, 1), (0, 1), (2,)])
def test_an_impossible_grid_is_our_error(regions):
    with pytest.raises(InputError, match=r"regions must be \(rows"):
        RegionGate(regions)(maps())


def test_maps_of_unknown_size_are_our_error():
    shapes = [(None, None, None, 3), (None, None, None, 2)]
    with pytest.raises(InputError, match="must be known"):
        RegionGate().build(shapes)
