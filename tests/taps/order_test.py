import keras
import pytest

from tfkd import taps
from tfkd.errors import InputError

layers = keras.layers


def network(order):
    shape = (3, 8, 8) if order == "channels_first" else (8, 8, 3)
    inputs = keras.Input(shape)
    x = layers.Conv2D(4, 3, data_format=order, name="conv")(inputs)
    axis = 1 if order == "channels_first" else -1
    x = layers.BatchNormalization(axis=axis, name="bn")(x)
    x = keras.ops.relu(x) + x
    x = layers.ReLU(name="stage1")(x)
    layers_last = layers.Permute((2, 3, 1), name="moved")(x)
    pooled = layers.GlobalAveragePooling2D(data_format=order, name="embedding")
    logits = layers.Dense(2, name="logits")(pooled(x))
    outputs = {"logits": logits, "moved": layers_last}
    return keras.Model(inputs, outputs, name="net")


@pytest.mark.parametrize("tap", ["conv", "bn:input", "stage1", "stage1:pre"])
def test_maps_whose_channels_come_first_are_our_error(tap):
    model = network("channels_first")
    with pytest.raises(InputError, match=f"{tap!r}.*'net'.*layer 'conv'"):
        taps.Extractor(model, [tap])
    with pytest.raises(InputError, match="channels last"):
        taps.extend(model, [tap], lambda inputs, tensors: {})
    assert taps.Extractor(network("channels_last"), [tap]).specs


def test_what_is_no_map_or_was_moved_is_read():
    model = network("channels_first")
    specs = taps.Extractor(model, ["embedding", "moved", "logits"]).specs
    assert specs["moved"].shape == (None, 6, 6, 4)
    assert specs["embedding"].shape == (None, 4)


def test_a_map_at_every_time_is_one_and_a_vector_is_none():
    inputs = keras.Input((2, 3, 8, 8))
    arguments = {"data_format": "channels_first"}
    maps = layers.TimeDistributed(
        layers.Conv2D(4, 3, activation="relu", **arguments), name="maps"
    )(inputs)
    pool = layers.GlobalAveragePooling2D(**arguments)
    model = keras.Model(
        inputs, layers.TimeDistributed(pool, name="vectors")(maps)
    )
    assert taps.Extractor(model, ["vectors"]).specs["vectors"].shape[1:] == (
        2,
        4,
    )
    for tap in ("maps", "maps:pre"):
        with pytest.raises(InputError, match="channels last"):
            taps.Extractor(model, [tap])
