"""Weights of a layer as a tensor of the network around it."""

import keras
from keras import ops

from tfkd.taps.graph import extend
from tfkd.taps.layers import classifier


class _Kernel(keras.layers.Layer):
    """Returns another layer's kernel `(features, units)`, transposed."""

    def __init__(self, layer, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.layer = layer
        self.supports_masking = True

    def build(self, input_shape):
        """Does nothing: the weights are the other layer's."""

    def compute_mask(self, inputs, previous_mask):
        """Returns no mask: weights have no positions."""

    def call(self, inputs):
        return ops.transpose(ops.convert_to_tensor(self.layer.kernel))

    def compute_output_shape(self, input_shape):
        return tuple(reversed(self.layer.kernel.shape))


def with_class_vectors(student, name="class_vectors"):
    """Returns a network of a student and the vectors of its classes.

    Args:
        student: A functional or built Sequential model whose logits come
            from a dense layer.
        name: Name of the tap of the vectors.

    Returns:
        A `keras.Model` as `tfkd.taps.extend` makes, with the taps `"logits"`
        and `name`: `(classes, features)`, the columns of the last kernel,
        without a batch.

    Raises:
        InputError: If the logits come from another layer.
    """
    layer = classifier(student)

    def extra(inputs, tensors):
        return {name: _Kernel(layer, name=name)(tensors["logits"])}

    return extend(student, ["logits"], extra)
