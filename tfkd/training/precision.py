"""Mixed precision: a model that computes in 16 bits, with float32 weights.

A model is built and saved in float32. What is trained is a copy of it whose
layers compute in 16 bits and whose logits come in float32; the weights, which
are float32 in both, go back when it is trained.
"""

import contextlib

import keras
import tensorflow as tf

from tfkd import weights
from tfkd.training import saved_model


@contextlib.contextmanager
def policy(name):
    """Makes layers that are built within compute in a precision.

    Args:
        name: One of `settings.PRECISIONS`.
    """
    before = keras.config.dtype_policy()
    if name == before.name:
        yield
        return
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def cast(model, name):
    """Returns a model of the same weights that computes in a precision.

    Args:
        model: A functional `keras.Model` in float32.
        name: One of `settings.PRECISIONS`.

    Returns:
        The model itself for float32, else a new one. Softmaxes and the layers
        that give its outputs stay in float32.
    """
    if name == "float32":
        return model
    kept = set(_output_layers(model))

    def copied(layer):
        if isinstance(layer, saved_model.SavedModelLayer):
            # A graph of TensorFlow's, which takes what it was made for.
            return layer
        config = layer.get_config()
        # In half precision, the tails of a softmax are lost.
        if layer not in kept and not isinstance(layer, keras.layers.Softmax):
            config = _with_policy(config, name)
        return type(layer).from_config(config)

    with policy(name):
        twin = keras.models.clone_model(
            model, clone_function=copied, recursive=True
        )
    weights.copy(model, twin)
    return twin


def scaled(optimizer, name):
    """Returns the optimizer, with a loss scale where gradients need one.

    Args:
        optimizer: A `keras.optimizers.Optimizer`.
        name: One of `settings.PRECISIONS`; only mixed_float16 needs it.
    """
    return LossScale(optimizer) if name == "mixed_float16" else optimizer


class LossScale(keras.optimizers.LossScaleOptimizer):
    """Keras' dynamic loss scale, on several replicas too.

    Keras asks each replica for itself whether its gradients are finite, so
    that one which overflowed would spoil the sum, or be the only one to skip
    the step; here all replicas skip it, or none.
    """

    def check_finite(self, grads):
        finite = super().check_finite(grads)
        context = tf.distribute.get_replica_context()
        count = context.num_replicas_in_sync
        if count == 1:
            return finite
        total = context.all_reduce(
            tf.distribute.ReduceOp.SUM, tf.cast(finite, tf.int32)
        )
        return tf.equal(total, count)


def _output_layers(model):
    """Yields the layers that give a model's outputs, also nested models'.

    Behind them may stand operations, which compute in the type they are given.
    """
    tensors = list(model.outputs)
    while tensors:
        operation, node, _ = tensors.pop()._keras_history
        if not isinstance(operation, keras.layers.Layer):
            tensors += operation._inbound_nodes[node].input_tensors
            continue
        yield operation
        if isinstance(operation, keras.Model):
            yield from _output_layers(operation)


def _with_policy(config, name):
    """Returns a layer's config with another precision, also of layers in it."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": name}}
        return {key: _with_policy(value, name) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_with_policy(value, name) for value in config)
    return config
