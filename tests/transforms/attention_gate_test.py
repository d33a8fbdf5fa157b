import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import AttentionGate

RANDOM = np.random.default_rng(0)


def maps(widths=(2, 2), count=3):
    sizes = [(count, 2, 2, width) for width in (*widths, 5)]
    return [RANDOM.normal(size=size).astype("float32") for size in sizes]


@pytest.mark.parametrize("axis", ["position", "channel"])
def test_gates_start_equal_and_sum_to_one(axis):
    gate = AttentionGate(axis)
    inputs = maps()
    for found in gate(inputs):
        np.testing.assert_allclose(found, 0.5)
    for kernel in gate.kernels:
        kernel.assign(RANDOM.normal(size=kernel.shape))
    first, second = gate(inputs)
    np.testing.assert_allclose(first + second, 1.0, rtol=1e-6)
    shape = (3, 2, 2, 1) if axis == "position" else (3, 1, 1, 2)
    assert first.shape == second.shape == shape
    assert np.std(first) > 0.01


def test_a_position_counts_by_the_direction_of_its_features():
    # u is (0.6, 0.8) of the first and (1, 0) of the second map;
    # v_1 = (5, 0), v_2 = (0, 9), b_2 = 2: scores 3 and 0 + 2;
    # g_1 = 1 / (1 + e^-1).
    gate = AttentionGate()
    inputs = [
        np.full((1, 1, 1, 2), 1.0, "float32") * x
        for x in ([3.0, 4.0], [7.0, 0.0], [1.0, 1.0])
    ]
    gate(inputs)
    gate.kernels[0].assign([[5.0], [0.0]])
    gate.kernels[1].assign([[0.0], [9.0]])
    gate.biases[1].assign([2.0])
    first, _ = gate(inputs)
    np.testing.assert_allclose(first, 1 / (1 + np.exp(-1)), rtol=1e-6)


def test_gradient():
    gate = AttentionGate(dtype="float64")
    inputs = [x.astype("float64") for x in maps((3, 4))]
    gate(inputs)
    for kernel in gate.kernels:
        kernel.assign(RANDOM.normal(size=kernel.shape))
    assert_gradient(lambda x: gate([x, *inputs[1:]])[0], inputs[0])


def test_round_trip():
    gate = AttentionGate("channel")
    config = keras.saving.serialize_keras_object(gate)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == gate.get_config()


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="Closest: 'position'"):
        AttentionGate("positions")
    with pytest.raises(InputError, match="maps of as many channels"):
        AttentionGate("channel")(maps((2, 3)))
