import keras
import numpy as np
import pytest

from tests.compression.bridge import models
from tfkd.compression.bridge import read
from tfkd.compression.bridge import reader
from tfkd.compression.bridge.writer import LAYERS
from tfkd.errors import InputError

layers = keras.layers


def relu(tensor):
    return keras.ops.relu(tensor)


def functional(build, shape=models.SHAPE):
    inputs = keras.Input(shape)
    return keras.Model(inputs, build(inputs))


def test_reads_layers_in_order_with_names_arguments_and_weights():
    model = models.small()
    graph = read(model)
    assert [(node.name, node.kind) for node in graph.nodes] == [
        ("image", "Input"),
        ("scaled", "Affine"),
        ("conv", "Conv2D"),
        ("norm", "BatchNormalization"),
        ("act", "ReLU"),
        ("flat", "Flatten"),
        ("logits", "Dense"),
    ]
    assert graph.output == "logits"
    conv = graph["conv"]
    assert conv.inputs == ("scaled",)
    assert conv.config["kernel_size"] == (3, 3)
    assert conv.shape == (10, 10, 3)
    np.testing.assert_array_equal(
        conv.weights["kernel"], model.get_layer("conv").kernel
    )
    assert list(conv.weights) == ["kernel"]
    assert not graph["scaled"].trainable


def test_names_are_unique_and_fit_for_a_scope():
    assert [node.name for node in read(models.odd_names()).nodes[:8]] == [
        "image",
        "pixels_1",
        "image_1",
        "image_relu",
        "body_conv",
        "image_relu_1",
        "body_conv_1",
        "layer_gr__e__3",
    ]


def test_rescaling_by_arrays_is_by_channel():
    scale, offset = np.array([0.5, 0.25]), np.float32(3)
    graph = read(
        functional(lambda x: layers.Rescaling(scale, offset, name="r")(x))
    )
    np.testing.assert_array_equal(graph["r"].weights["scale"], scale)
    np.testing.assert_array_equal(graph["r"].weights["offset"], [3, 3])
    places = np.arange(12.0).reshape(12, 1, 1)
    with pytest.raises(InputError, match=r"'r' must have one scale, .*12, 1"):
        read(functional(lambda x: layers.Rescaling(places, name="r")(x)))


def test_frozen_layers_are_not_to_be_trained():
    model = models.student()
    model.get_layer("conv").trainable = False
    graph = read(model)
    frozen = [node.name for node in graph.nodes if not node.trainable]
    assert frozen == ["scaled", "conv"]
    model.trainable = False
    assert not any(node.trainable for node in read(model).nodes if node.weights)
    separable = layers.SeparableConv2D(2, 3, name="s", trainable=False)
    graph = read(functional(separable))
    assert not graph["s"].trainable
    assert not graph["s_depthwise"].trainable


def test_every_supported_layer_is_in_the_test_model():
    kinds = {
        type(layer).__name__
        for model in (models.every_layer(), models.small())
        for layer in model._flatten_layers()
    }
    ignored = set(reader.IGNORED) - kinds
    assert set(reader.SUPPORTED) - set(reader.IGNORED) <= kinds | {"ReLU"}
    # One of those that do nothing stands for all.
    assert {"Dropout", "GaussianNoise", "Identity"} & ignored == set()
    assert set(reader.ARGUMENTS) <= set(LAYERS)


def test_a_separable_convolution_becomes_two():
    graph = read(
        functional(lambda x: layers.SeparableConv2D(4, 3, name="s")(x))
    )
    kinds = {node.name: node.kind for node in graph.nodes}
    assert kinds == {
        "image": "Input",
        "s_depthwise": "DepthwiseConv2D",
        "s": "Conv2D",
    }


def test_layers_that_do_nothing_in_use_are_left_out():
    graph = read(
        functional(lambda x: layers.ReLU(name="r")(layers.Dropout(0.5)(x)))
    )
    assert [node.name for node in graph.nodes] == ["image", "r"]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda x: layers.LayerNormalization(name="ln")(x),
            r"layer 'ln' \(LayerNormalization\).*Use BatchNormalization",
        ),
        (
            lambda x: layers.Conv2DTranspose(2, 3, name="up")(x),
            r"layer 'up'.*Use UpSampling2D and a Conv2D",
        ),
        (lambda x: keras.ops.sin(x), r"keras.ops sin"),
        (
            lambda x: layers.Conv2D(2, 3, activation="elu", name="c")(x),
            r"activation 'elu' of layer 'c'. Use one of hard_sigmoid",
        ),
        (
            lambda x: layers.Conv2D(2, 3, activation=relu, name="c")(x),
            r"activation 'relu' of layer 'c'",
        ),
        (
            lambda x: layers.UpSampling2D(interpolation="bilinear")(x),
            r"bilinear UpSampling2D",
        ),
        (lambda x: layers.ReLU(threshold=1.0)(x), r"ReLU with a threshold"),
        (lambda x: layers.ReLU(max_value=1.0)(x), r"ReLU with max_value=1\)"),
    ],
    ids=[
        "norm",
        "transpose",
        "ops",
        "elu",
        "own",
        "bilinear",
        "threshold",
        "relu1",
    ],
)
def test_what_cannot_be_carried_is_named_with_its_alternatives(build, message):
    with pytest.raises(InputError, match=message):
        read(functional(build))


def test_a_layer_called_twice_is_refused():
    shared = layers.Conv2D(2, 3, padding="same")
    model = functional(lambda x: layers.Add()([shared(x), shared(shared(x))]))
    with pytest.raises(InputError, match="called several times"):
        read(model)


def test_a_layer_of_your_own_is_refused():
    class Dense(layers.Dense):
        pass

    with pytest.raises(InputError, match="Dense of your own"):
        read(functional(lambda x: Dense(2, name="mine")(x)))


def test_a_subclassed_model_is_refused():
    class Model(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(InputError, match="functional or a built Sequential"):
        read(Model())


def test_vectors_and_open_sizes_are_refused():
    with pytest.raises(InputError, match="one image in and one output"):
        read(functional(layers.Dense(2), shape=(4,)))
    with pytest.raises(InputError, match="fixed input size"):
        read(functional(layers.ReLU(), shape=(None, 4, 1)))


def test_weights_that_are_not_finite_are_refused():
    model = models.small()
    model.get_layer("logits").bias.assign([0, np.nan, 0])
    with pytest.raises(InputError, match=r"logits/bias' holds NaN"):
        read(model)


def test_mixed_precision_is_refused():
    model = functional(lambda x: layers.Conv2D(2, 3, dtype="mixed_float16")(x))
    with pytest.raises(InputError, match="needs a float32 model"):
        read(model)
    model = functional(lambda x: layers.ReLU(dtype="mixed_bfloat16")(x))
    with pytest.raises(InputError, match="computes in bfloat16"):
        read(model)


def test_channels_first_is_refused():
    model = functional(
        lambda x: layers.GlobalMaxPooling2D(data_format="channels_first")(x)
    )
    with pytest.raises(InputError, match="must have channels last"):
        read(model)
