import types

from tfkd.export import inspect
from tfkd.export import litert
from tfkd.export import xnnpack


def test_xnnpack_takes_the_convolutions(files):
    names = [op.name for op in inspect(files.int8).operations]
    found = xnnpack.taken(files.int8)
    assert found.unchecked == ""
    taken = {names[index] for index in found.indices}
    assert {"CONV_2D", "DEPTHWISE_CONV_2D", "ADD"} <= taken
    # The interpreter's own QUANTIZE makes int8 of uint8 pixels.
    assert 0 not in found.indices


def test_only_what_lies_between_a_delegates_ends_is_taken(monkeypatch):
    def node(index, name, inputs, outputs):
        return {
            "index": index,
            "op_name": name,
            "inputs": inputs,
            "outputs": outputs,
        }

    nodes = [
        node(0, "QUANTIZE", [0], [1]),
        node(1, "CONV_2D", [1, 9], [2]),
        node(2, "ADD", [1, 2], [3]),
        node(3, "SOFTMAX", [3], [4]),
        node(4, "DELEGATE", [1, 9], [3]),
    ]
    loaded = types.SimpleNamespace(_get_ops_details=lambda: nodes)
    monkeypatch.setattr(litert, "load", lambda path: loaded)
    assert xnnpack.taken("model.tflite").indices == {1, 2}


def test_a_runtime_that_does_not_tell_is_said_to_be_unchecked(monkeypatch):
    monkeypatch.setattr(litert, "load", lambda path: object())
    found = xnnpack.taken("model.tflite")
    assert not found.indices
    assert "_get_ops_details" in found.unchecked


def test_a_file_that_does_not_load_is_unchecked(tmp_path):
    (tmp_path / "m.tflite").write_bytes(b"0000TFL3" + bytes(99))
    assert "m.tflite" in xnnpack.taken(tmp_path / "m.tflite").unchecked
