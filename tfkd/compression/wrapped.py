"""What every wrapped model offers: train it, keep its pattern, strip it."""

import numpy as np

from tfkd.compression.bridge import update
from tfkd.compression.bridge import write


class WrappedModel:
    """A `tf_keras` model some of whose layers are in wrappers of tfmot.

    Subclasses say which (`wrap`), what must hold after a step of the
    optimizer (`after_step`) and after the last one (`finish`).

    Args:
        graph: The rewritten `Graph` to wrap; it stays as it is.

    Attributes:
        model: The `tf_keras.Model`.
        variables: Node name to its layer's own variables.
        wrappers: Node name to its wrapper, where it has one.
        trainable: The variables to train.
    """

    def __init__(self, graph):
        self._graph = graph
        self.variables, self.wrappers = {}, {}
        self.model = write(graph, self._wrap)
        self.trainable = [
            variable
            for node in graph.nodes
            if node.trainable
            for variable in self.variables.get(node.name, ())
        ]

    def _wrap(self, layer, node):
        # Before a wrapper replaces a layer's variables by tensors.
        self.variables[node.name] = list(layer.weights)
        wrapped = self.wrap(layer, node)
        if wrapped is not layer:
            self.wrappers[node.name] = wrapped
        return wrapped

    def wrap(self, layer, node):
        """Returns the layer's wrapper, or the layer itself."""
        raise NotImplementedError

    def after_step(self):
        """Runs inside the compiled training step, after the optimizer."""

    def finish(self):
        """Runs after the last step, or when training is resumed behind it."""

    def graph(self):
        """Returns a graph with the trained weights and without wrappers."""
        return update(self._graph, self.variables)


def projection(variable, kinds):
    """Returns a function that puts a kernel back to the pattern it has now.

    Args:
        variable: The kernel.
        kinds: Names of patterns. With `"zeros"`, what is zero stays zero;
            with `"clusters"`, also what is equal stays equal, and moves by
            the mean of its weights' steps.
    """
    import tensorflow as tf

    values = variable.numpy()
    if "clusters" not in kinds:
        mask = tf.constant(values != 0, variable.dtype)
        return lambda: variable.assign(variable * mask)
    centroids, members = np.unique(values, return_inverse=True)
    members = tf.constant(members.reshape(-1), tf.int32)
    moving = tf.constant(
        (centroids != 0) | ("zeros" not in kinds), variable.dtype
    )

    def project():
        means = tf.math.unsorted_segment_mean(
            tf.reshape(variable, [-1]), members, len(centroids)
        )
        equal = tf.gather(means * moving, members)
        variable.assign(tf.reshape(equal, variable.shape))

    return project


def large_kernels(graph, smallest, fits=lambda kernel: True):
    """Returns the names of the kernels that are worth a pattern.

    Args:
        graph: A rewritten `Graph`.
        smallest: Number of weights below which there is nothing to gain.
        fits: Further condition on the kernel's array.
    """
    return [
        node.name
        for node in graph.kernels()
        if node.weights["kernel"].size >= smallest
        and fits(node.weights["kernel"])
    ]
