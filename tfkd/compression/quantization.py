"""Quantization-aware training: which tensors tfmot quantizes, and how.

Every layer is put into tfmot's wrapper with a `QuantizeConfig` of its own.
tfmot's default scheme quantizes depthwise convolutions with one scale a
tensor, refuses rescaling, and, where a layer feeds a concatenation, silently
loses what pruning and clustering have made.
"""

import functools

import numpy as np

from tfkd.compression import legacy
from tfkd.compression.bridge import write
from tfkd.compression.wrapped import WrappedModel
from tfkd.compression.wrapped import projection

# What TFLite computes without a range of its own: outputs keep the input's.
_KEEP_RANGE = (
    "AveragePooling2D",
    "Flatten",
    "GlobalMaxPooling2D",
    "MaxPooling2D",
    "Reshape",
    "UpSampling2D",
    "ZeroPadding2D",
)
# Ranges that TFLite's integer kernels prescribe.
_FIXED = {"Sigmoid": (0.0, 255 / 256), "Tanh": (-1.0, 127 / 128)}
# The converter merges a ReLU into these; what lies between has no range.
_MERGES_RELU = ("Add", "Conv2D", "Dense", "DepthwiseConv2D")
_KERNELS = {
    "Conv2D": "kernel",
    "Dense": "kernel",
    "DepthwiseConv2D": "depthwise_kernel",
}


class QuantizedModel(WrappedModel):
    """A quantization-aware model, calibrated and ready to train.

    What `graph.kept` names stays as it is: zeros stay zeros and equal weights
    stay equal, whatever the optimizer does.

    Args:
        graph: A rewritten `Graph` with float weights.
        images: Calibration images; the ranges of activations start as those
            that the float model reaches on them.
        value_range: `(lowest, highest)` pixel value, the input's range.
        bits: Bits of a weight; activations have 8.
    """

    def __init__(self, graph, *, images, value_range, bits=8):
        self._bits = bits
        # With a scale a channel, equal weights would become many integers.
        clustered = any("clusters" in kinds for kinds in graph.kept.values())
        self._per_channel = not clustered
        self._ranges = _ranges(graph, images, value_range)
        super().__init__(graph)
        for name, wrapper in self.wrappers.items():
            # Fixed quantizers keep no range.
            if getattr(wrapper, "_output_quantizer_vars", None):
                _assign(wrapper._output_quantizer_vars, *self._ranges[name])
        self._projections = [
            projection(self.variables[name][0], kinds)
            for name, kinds in graph.kept.items()
        ]
        self.finish()

    def wrap(self, layer, node):
        weight = self._weight_quantizer(node)
        output = _output_quantizer(self._graph, node, self._ranges)
        if weight is None and output is None:
            return layer
        keras = legacy.tfmot().quantization.keras
        config = _config_class()(_KERNELS.get(node.kind), weight, output)
        return keras.QuantizeWrapperV2(layer, config)

    def _weight_quantizer(self, node):
        if node.kind not in _KERNELS:
            return None
        # With a scale a channel, the converter refuses dense layers. A fixed
        # scaling is exact with one, and stays so at any number of bits.
        per_channel = self._per_channel and node.kind != "Dense"
        return _weight_quantizer_class()(
            8 if node.scales else self._bits,
            per_channel or node.scales,
            node.kind,
        )

    def after_step(self):
        for project in self._projections:
            project()

    def finish(self):
        """Makes the stored ranges those of the weights as they are now.

        tfmot records them before each step of the optimizer, so that after
        the last one they are one step old.
        """
        for wrapper in self.wrappers.values():
            for weight, quantizer, ranges in wrapper._weight_vars:
                values = np.abs(quantizer.by_channel(weight.numpy()))
                largest = values.max(axis=0 if quantizer.per_axis else None)
                # An all-zero channel must not get a scale of zero.
                floor = max(float(values.max()) * 1e-3, 1e-8)
                largest = np.maximum(largest, floor)
                _assign(ranges, -largest, largest)


def _assign(ranges, low, high):
    ranges["min_var"].assign(np.asarray(low, np.float32))
    ranges["max_var"].assign(np.asarray(high, np.float32))


def _ranges(graph, images, value_range):
    """Node name to the lowest and highest output on the images, 0 inside."""
    import tf_keras

    model = write(graph)
    wanted = [node for node in graph.nodes if _needs_range(graph, node)]
    tensors = [model.get_layer(node.name).output for node in wanted]
    outputs = tf_keras.Model(model.inputs, tensors)
    found = {node.name: (0.0, 0.0) for node in wanted}
    for start in range(0, len(images), 256):
        results = outputs(images[start : start + 256], training=False)
        results = results if isinstance(results, list) else [results]
        for node, values in zip(wanted, results):
            low, high = found[node.name]
            low = min(low, float(np.min(values)))
            found[node.name] = low, max(high, float(np.max(values)))
    # An output that is always zero still needs a scale.
    found = {
        name: (low, high if high > low else low + 1e-3)
        for name, (low, high) in found.items()
    }
    lowest, highest = value_range
    found["pixels"] = min(float(lowest), 0.0), max(float(highest), 0.0)
    return found


def _needs_range(graph, node):
    if node.kind in (*_KEEP_RANGE, *_FIXED, "Input", "Linear"):
        return False
    reader = graph.sole_consumer(node.name)
    merged = (
        node.kind in _MERGES_RELU
        and reader is not None
        and reader.kind == "ReLU"
        and not reader.config["negative_slope"]
        and reader.config["max_value"] in (None, 6.0)
    )
    return not merged


def _output_quantizer(graph, node, ranges):
    quantizers = legacy.tfmot().quantization.keras.quantizers
    if node.kind in _FIXED or node.kind == "Linear":
        low, high = _FIXED.get(node.kind) or ranges[node.name]
        return quantizers.FixedQuantizer(8, low, high, narrow_range=False)
    if not _needs_range(graph, node):
        return None
    return quantizers.MovingAverageQuantizer(
        num_bits=8, per_axis=False, symmetric=False, narrow_range=False
    )


@functools.cache
def _config_class():
    keras = legacy.tfmot().quantization.keras

    class Config(keras.QuantizeConfig):
        """Quantizers of one kernel and of the output; either may lack."""

        def __init__(self, attribute, weight, output):
            self.attribute, self.weight, self.output = attribute, weight, output

        def get_weights_and_quantizers(self, layer):
            if self.weight is None:
                return []
            return [(getattr(layer, self.attribute), self.weight)]

        def get_activations_and_quantizers(self, layer):
            return []

        def set_quantize_weights(self, layer, quantize_weights):
            if self.weight is not None:
                setattr(layer, self.attribute, quantize_weights[0])

        def set_quantize_activations(self, layer, quantize_activations):
            pass

        def get_output_quantizers(self, layer):
            return [] if self.output is None else [self.output]

        def get_config(self):
            raise NotImplementedError("The graph is saved, not its wrappers.")

    return Config


@functools.cache
def _weight_quantizer_class():
    quantizers = legacy.tfmot().quantization.keras.quantizers

    class KernelQuantizer(quantizers.LastValueQuantizer):
        """Symmetric; a depthwise kernel has a scale for each of its outputs."""

        def __init__(self, bits, per_axis, kind):
            super().__init__(bits, per_axis, symmetric=True, narrow_range=True)
            self.depthwise = kind == "DepthwiseConv2D"

        def _shape(self, shape):
            """The kernel's shape with all outputs on the last axis."""
            height, width, channels, multiplier = shape
            return (height, width, channels * multiplier)

        def by_channel(self, kernel):
            """A row for each weight of an output, a column an output."""
            if self.depthwise:
                kernel = kernel.reshape(self._shape(kernel.shape))
            return kernel.reshape(-1, kernel.shape[-1])

        def build(self, tensor_shape, name, layer):
            shape = tuple(tensor_shape)
            shape = self._shape(shape) if self.depthwise else shape
            return super().build(shape, name, layer)

        def __call__(self, inputs, training, weights, **kwargs):
            if not (self.depthwise and self.per_axis):
                return super().__call__(inputs, training, weights, **kwargs)
            return self._depthwise(inputs, training, weights)

        def _depthwise(self, inputs, training, weights):
            import tensorflow as tf

            shape = tuple(inputs.shape)
            # Of rank 3: tfmot's own ranges know two and four axes only.
            kernel = tf.reshape(inputs, self._shape(shape))
            if training:
                largest = tf.reduce_max(tf.abs(kernel), axis=(0, 1))
                weights["min_var"].assign(-largest)
                weights["max_var"].assign(largest)
            quantized = (
                tf.quantization.fake_quant_with_min_max_vars_per_channel(
                    kernel,
                    weights["min_var"],
                    weights["max_var"],
                    num_bits=self.num_bits,
                    narrow_range=self.narrow_range,
                )
            )
            return tf.reshape(quantized, shape)

    return KernelQuantizer
