import keras
import numpy as np
import pytest

from tfkd.compression import proof
from tfkd.compression.proof import Kernel
from tfkd.errors import InputError
from tfkd.export import Conversion
from tfkd.export import convert

SPARSE = np.array([[1, 0, 0, -1], [0, 2, 0, 0]], np.int8)


def test_counts_zeros_and_values():
    kernel = Kernel("FULLY_CONNECTED", SPARSE, "INT8")
    assert kernel.sparsity == 5 / 8
    # -1, 0, 1, 2
    assert kernel.distinct == 4
    assert kernel.as_dict()["shape"] == [2, 4]


def test_two_by_four_needs_two_zeros_in_each_four_along_the_input():
    assert Kernel("X", SPARSE, "INT8").two_by_four
    # Three in the first four, one in the second.
    uneven = np.array([[1, 0, 0, 0, 1, 1, 1, 0]], np.int8)
    assert not Kernel("X", uneven, "INT8").two_by_four
    assert not Kernel("X", SPARSE[:, :3], "INT8").two_by_four


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A float file whose dense kernel is known."""
    folder = tmp_path_factory.mktemp("proof")
    inputs = keras.Input((2, 2, 1))
    dense = keras.layers.Dense(2, use_bias=False)
    model = keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))
    dense.set_weights([SPARSE.T.astype(np.float32)])
    model.save(folder / "m.keras")
    target = str(folder / "m.tflite")
    convert([Conversion(model=str(folder / "m.keras"), destination=target)])
    return target


def test_reads_the_kernels_of_a_file(path):
    (kernel,) = proof.kernels(path)
    assert (kernel.op, kernel.dtype) == ("FULLY_CONNECTED", "FLOAT32")
    np.testing.assert_array_equal(kernel.values, SPARSE)


def prove(path, patterns=("zeros", "clusters"), shape=(2, 4), **changes):
    bounds = {"sparsity": 0.6, "clusters": 4, "two_by_four": True, **changes}
    kept = {"dense": {"patterns": list(patterns), "shape": list(shape)}}
    return proof.prove(path, kept, **bounds)


def test_proves_what_holds(path):
    found = prove(path)
    assert found["patterned"] == 1
    assert (found["sparsity"], found["distinct"]) == (5 / 8, 4)
    assert len(found["kernels"]) == 1


def test_proves_nothing_of_a_file_without_a_pattern(path):
    found = proof.prove(path, {}, sparsity=1, clusters=1, two_by_four=True)
    assert (found["patterned"], found["sparsity"]) == (0, None)


@pytest.mark.parametrize(
    "changes", [{"sparsity": 0.7}, {"clusters": 3}, {"shape": (4, 2)}]
)
def test_a_lost_pattern_is_an_error(path, changes):
    with pytest.raises(RuntimeError, match="kernel of 'dense' must have its"):
        prove(path, **changes)


def test_pruning_leaves_one_weight(path, monkeypatch):
    values = np.zeros((2, 4), np.float32)
    values[0, 0] = 1
    kernel = proof.Kernel("FULLY_CONNECTED", values, "FLOAT32")
    monkeypatch.setattr(proof, "kernels", lambda path: [kernel])
    # 7 of 8: more than 0.9999 - 0.5 / 8 cannot be met.
    assert prove(path, sparsity=0.9999)["sparsity"] == 7 / 8


def test_only_what_was_promised_is_asked_for(path):
    assert prove(path, patterns=("zeros",), clusters=3)["patterned"] == 1
    assert prove(path, patterns=("clusters",), sparsity=0.9)["patterned"] == 1


def test_four_bit_weights_are_unpacked():
    from ai_edge_litert import schema_py_generated as schema

    tensor = schema.TensorT()
    tensor.type, tensor.shape = schema.TensorType.INT4, [1, 3]
    # 0x2F holds -1 (15) and 2; 0x08 holds -8, and nothing.
    values, name = proof._values(schema, tensor, np.array([0x2F, 0x08]))
    np.testing.assert_array_equal(values, [[-1, 2, -8]])
    assert name == "INT4"


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "x.tflite").write_bytes(b"hello")
    with pytest.raises(InputError):
        proof.kernels(tmp_path / "x.tflite")
