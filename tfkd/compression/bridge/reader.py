"""Takes a Keras 3 model apart into a `Graph`.

A layer whose meaning differs between the two versions of Keras is written
out in simpler ones here; what the table does not know is refused by name,
with what to use instead.
"""

import re

import keras
import numpy as np

from tfkd.compression.bridge.graph import Graph
from tfkd.compression.bridge.graph import Node
from tfkd.errors import InputError
from tfkd.taps.graph import TapGraph
from tfkd.taps.graph import is_functional
from tfkd.training.model_files import check_finite

# Class of a layer to the arguments that legacy Keras takes under one name.
_CONVOLUTION = ("kernel_size", "strides", "padding", "dilation_rate")
ARGUMENTS = {
    "Add": (),
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "BatchNormalization": ("axis", "epsilon", "center", "scale"),
    "Concatenate": ("axis",),
    "Conv2D": ("filters", *_CONVOLUTION, "groups", "use_bias"),
    "Dense": ("units", "use_bias"),
    "DepthwiseConv2D": ("depth_multiplier", *_CONVOLUTION, "use_bias"),
    "Flatten": (),
    "GlobalAveragePooling2D": ("keepdims",),
    "GlobalMaxPooling2D": ("keepdims",),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "Multiply": (),
    "Reshape": ("target_shape",),
    "UpSampling2D": ("size", "interpolation"),
    "ZeroPadding2D": ("padding",),
}
# They do nothing when a model is used, and what is trained here is small.
IGNORED = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "SpatialDropout2D",
)
_OWN = ("Activation", "LeakyReLU", "ReLU", "Rescaling", "SeparableConv2D")
SUPPORTED = tuple(sorted((*ARGUMENTS, *IGNORED, *_OWN)))
ACTIVATIONS = (
    "hard_sigmoid",
    "hard_silu",
    "linear",
    "relu",
    "relu6",
    "sigmoid",
    "silu",
    "tanh",
)
INSTEAD = {
    "ELU": "ReLU or relu6",
    "Conv2DTranspose": "UpSampling2D and a Conv2D",
    "GroupNormalization": "BatchNormalization",
    "Lambda": "a layer of Keras",
    "LayerNormalization": "BatchNormalization, or the recipe 'float16'",
    "MultiHeadAttention": "the recipe 'float16'",
    "Normalization": "Rescaling",
    "PReLU": "LeakyReLU",
    "Softmax": "logits: the exporter adds the softmax",
}


def read(model):
    """Returns the `Graph` of a Keras 3 model.

    Args:
        model: A functional or built Sequential `keras.Model` in float32 with
            one image in and logits out. Nested models are opened.

    Raises:
        InputError: If a layer, an activation or the graph's form is not
            supported; it names the layer and what to use instead.
    """
    _check_form(model)
    taps = TapGraph(model)
    reader = _Reader(taps.inputs)
    for name, operation, args, outputs in taps.calls():
        reader.add(name, operation, args, outputs)
    output = reader.source(keras.tree.flatten(taps.outputs)[0], "the output")
    return Graph(model.name, reader.nodes, output)


def _check_form(model):
    if not is_functional(model):
        raise InputError(
            "Training-time compression needs a functional or a built "
            f"Sequential model, received {type(model).__name__}. Rewrite its "
            "`call` with the functional API, or use the recipe 'int8_ptq'."
        )
    inputs, outputs = model.inputs, model.outputs
    if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4:
        raise InputError(
            "Training-time compression needs one image in and one output, "
            f"received inputs {[tuple(t.shape) for t in inputs]} and outputs "
            f"{[tuple(t.shape) for t in outputs]}. Wrap the model."
        )
    check_finite(model)


class _Reader:
    """Collects nodes; knows which node made which symbolic tensor."""

    def __init__(self, inputs):
        (tensor,) = keras.tree.flatten(inputs)
        shape = tuple(tensor.shape[1:])
        if None in shape:
            raise InputError(
                "Training-time compression needs a fixed input size, received "
                f"{shape}. Build the model with a fixed `input_shape`."
            )
        self.nodes = [Node("image", "Input", shape=shape)]
        self._names = {id(tensor): "image"}
        # `rewrite` adds the second.
        self._taken = {"image", "pixels"}
        # Keeps the tensors alive, so that no two share an id.
        self._tensors = [tensor]

    def source(self, tensor, what):
        if id(tensor) not in self._names:
            raise InputError(
                f"Every layer must be called once, in one graph; {what} reads "
                "the output of a layer that is called several times. Give "
                "each call a layer of its own."
            )
        return self._names[id(tensor)]

    def add(self, name, operation, args, outputs):
        tensors = keras.tree.flatten(args)
        kind = type(operation).__name__
        if id(outputs) in self._names:
            # A nested model: its layers came before it.
            return
        is_layer = isinstance(operation, keras.layers.Layer)
        symbolic = all(isinstance(t, keras.KerasTensor) for t in tensors)
        plain_sum = kind in ("Add", "Multiply") and symbolic
        if not isinstance(outputs, keras.KerasTensor) or not (
            is_layer or plain_sum
        ):
            raise _unsupported(name, f"keras.ops {kind.lower()}", kind)
        sources = [self.source(t, f"layer {name!r}") for t in tensors]
        if kind not in IGNORED:
            _check_layer(name, operation, kind, is_layer)
            sources = [self._layer(name, operation, kind, sources, outputs)]
        self._names[id(outputs)] = sources[0]
        self._tensors.append(outputs)

    def _layer(self, name, operation, kind, sources, outputs):
        """Adds the nodes of one layer and returns the last one's name."""
        shape = tuple(outputs.shape[1:])
        is_layer = isinstance(operation, keras.layers.Layer)
        config = operation.get_config() if is_layer else {}
        if kind == "SeparableConv2D":
            sources = [self._separable(name, operation, config, sources, shape)]
        elif kind == "Rescaling":
            line = {"scale": operation.scale, "offset": operation.offset}
            sources = [self._affine(name, sources[0], shape, line)]
        elif kind in ARGUMENTS:
            node = Node(
                name,
                kind,
                tuple(sources),
                {key: config[key] for key in ARGUMENTS[kind] if key in config},
                _weights(operation) if is_layer else {},
                shape,
                trainable=not is_layer or operation.trainable,
            )
            sources = [self._append(node)]
        return self._activation(name, operation, config, sources[0], shape)

    def _append(self, node):
        """Adds a node; returns its name, which scopes allow and none has."""
        base = re.sub(r"[^A-Za-z0-9_.-]", "_", node.name)
        base = base if base[0].isalnum() else f"layer{base}"
        node.name, number = base, 1
        while node.name in self._taken:
            node.name, number = f"{base}_{number}", number + 1
        self._taken.add(node.name)
        self.nodes.append(node)
        return node.name

    def _node(self, name, kind, source, shape, **config):
        return self._append(Node(name, kind, (source,), config, {}, shape))

    def _affine(self, name, source, shape, line):
        """Scale and offset for each channel, which no training changes."""
        weights = {
            key: _by_channel(name, key, value, shape)
            for key, value in line.items()
        }
        return self._append(
            Node(name, "Affine", (source,), {}, weights, shape, trainable=False)
        )

    def _separable(self, name, layer, config, sources, shape):
        """A depthwise convolution and one of 1x1."""
        weights = _weights(layer)
        shared = {key: config[key] for key in _CONVOLUTION}
        multiplier = config["depth_multiplier"]
        kernel = weights.pop("depthwise_kernel")
        depthwise = Node(
            f"{name}_depthwise",
            "DepthwiseConv2D",
            tuple(sources),
            {**shared, "depth_multiplier": multiplier, "use_bias": False},
            {"kernel": kernel},
            (*shape[:-1], kernel.shape[2] * multiplier),
            trainable=layer.trainable,
        )
        weights["kernel"] = weights.pop("pointwise_kernel")
        pointwise = Node(
            name,
            "Conv2D",
            (self._append(depthwise),),
            {
                "filters": config["filters"],
                "kernel_size": (1, 1),
                "use_bias": config["use_bias"],
            },
            weights,
            shape,
            trainable=layer.trainable,
        )
        return self._append(pointwise)

    def _activation(self, name, operation, config, source, shape):
        """Adds the layer's activation as nodes of its own."""
        kind = type(operation).__name__
        if kind in ("ReLU", "LeakyReLU"):
            if config.get("threshold"):
                raise _unsupported(name, "ReLU with a threshold", kind)
            _check_integer_relu(name, config, kind)
            return self._node(
                name,
                "ReLU",
                source,
                shape,
                max_value=config.get("max_value"),
                negative_slope=float(config.get("negative_slope") or 0.0),
            )
        activation = _activation_name(name, operation)
        alone = kind == "Activation"
        base = name if alone else f"{name}_{activation}"
        add = {
            "relu": lambda: self._relu(base, source, shape, None),
            "relu6": lambda: self._relu(base, source, shape, 6.0),
            "hard_sigmoid": lambda: self._gate(base, source, shape),
            "hard_silu": lambda: self._gated(base, source, shape, "hard"),
            "sigmoid": lambda: self._node(base, "Sigmoid", source, shape),
            "silu": lambda: self._gated(base, source, shape, "soft"),
            "tanh": lambda: self._node(base, "Tanh", source, shape),
        }
        return add[activation]() if activation in add else source

    def _relu(self, name, source, shape, max_value):
        options = {"max_value": max_value, "negative_slope": 0.0}
        return self._node(name, "ReLU", source, shape, **options)

    def _gate(self, name, source, shape):
        """Keras 3's hard sigmoid, relu6(x + 3) / 6; legacy Keras has another.

        Written out, all of it has integer kernels.
        """
        line = {"scale": 1.0, "offset": 3.0}
        source = self._affine(f"{name}_line", source, shape, line)
        source = self._relu(f"{name}_clip", source, shape, 6.0)
        sixth = {"scale": 1 / 6, "offset": 0.0}
        return self._affine(name, source, shape, sixth)

    def _gated(self, name, source, shape, gate):
        if gate == "hard":
            opened = self._gate(f"{name}_gate", source, shape)
        else:
            opened = self._node(f"{name}_gate", "Sigmoid", source, shape)
        return self._append(
            Node(name, "Multiply", (source, opened), {}, {}, shape)
        )


def _by_channel(name, key, value, shape):
    """Returns a value for each channel, the same at all positions."""
    value = np.asarray(value, np.float32)
    rows = np.broadcast_to(value, (1, *shape)).reshape(-1, shape[-1])
    if (rows != rows[0]).any():
        raise InputError(
            f"Rescaling {name!r} must have one {key}, or one for each of "
            f"{shape[-1]} channels, received an array of shape {value.shape}. "
            "Scale positions before the model, or use 'int8_ptq'."
        )
    return rows[0].copy()


def _weights(layer):
    return {
        weight.path.rpartition("/")[2]: np.asarray(weight)
        for weight in layer.weights
        if "seed_generator" not in weight.path
    }


def _activation_name(name, operation):
    function = getattr(operation, "activation", None)
    if function is None:
        return "linear"
    activation = getattr(function, "__name__", type(function).__name__)
    known = getattr(keras.activations, activation, None) is function
    if activation not in ACTIVATIONS or not known:
        raise InputError(
            f"Training-time compression cannot carry the activation "
            f"{activation!r} of layer {name!r}. Use one of "
            f"{', '.join(ACTIVATIONS)}, or a recipe without training "
            "('int8_ptq', 'float16')."
        )
    return activation


def _check_layer(name, layer, kind, is_layer):
    if kind not in SUPPORTED:
        raise _unsupported(name, kind, kind)
    if not is_layer:
        return
    if not type(layer).__module__.startswith("keras."):
        raise _unsupported(name, f"{kind} of your own", kind)
    if layer.compute_dtype != "float32":
        raise InputError(
            "Training-time compression needs a float32 model; layer "
            f"{name!r} computes in {layer.compute_dtype}. Build the model "
            "again under the float32 policy and copy the weights."
        )
    data_format = getattr(layer, "data_format", None)
    if data_format not in (None, "channels_last"):
        raise InputError(
            f"Layer {name!r} must have channels last, received "
            f"{data_format!r}. TFLite knows no other order."
        )
    if kind == "UpSampling2D" and layer.interpolation != "nearest":
        raise _unsupported(name, f"{layer.interpolation} UpSampling2D", kind)


def _check_integer_relu(name, config, kind):
    """Refuses what the converter leaves in float."""
    most = config.get("max_value")
    if most not in (None, 6):
        raise _unsupported(name, f"ReLU with max_value={most:g}", kind)


def _unsupported(name, what, kind):
    instead = INSTEAD.get(kind)
    return InputError(
        f"Training-time compression cannot carry layer {name!r} ({what}) to "
        f"legacy Keras. {f'Use {instead}. ' if instead else ''}Supported: "
        f"{', '.join(SUPPORTED)}. Recipes without training ('int8_ptq', "
        "'float16') take any layer that TFLite knows."
    )
