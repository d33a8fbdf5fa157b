"""A network between two versions of Keras: plain values and NumPy weights."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Node:
    """One layer, called once.

    Attributes:
        name: The layer's name, unique in its graph.
        kind: What it computes: a key of `writer.LAYERS`.
        inputs: Names of the nodes it reads, in order.
        config: Arguments of the layer.
        weights: Weight name to array.
        shape: Output shape without the batch.
        trainable: Whether training may change its weights.
    """

    name: str
    kind: str
    inputs: tuple = ()
    config: dict = dataclasses.field(default_factory=dict)
    weights: dict = dataclasses.field(default_factory=dict)
    shape: tuple = ()
    trainable: bool = True

    @property
    def scales(self):
        """Whether it only scales channels, by numbers that stay."""
        return (
            self.kind == "DepthwiseConv2D"
            and not self.trainable
            and tuple(self.config["kernel_size"]) == (1, 1)
        )

    def copy(self, **changes):
        """Returns a copy that shares no container with this one."""
        values = {
            "config": dict(self.config),
            "weights": {k: np.array(v) for k, v in self.weights.items()},
            **changes,
        }
        return dataclasses.replace(self, **values)


@dataclasses.dataclass
class Graph:
    """Nodes in the order they run; the first is the input.

    Attributes:
        name: The model's name.
        nodes: `Node`s; each reads only earlier ones.
        output: Name of the node that the model returns.
        kept: Node name to what later training must keep of its kernel: a
            tuple of `"zeros"` and `"clusters"`.
    """

    name: str
    nodes: list
    output: str
    kept: dict = dataclasses.field(default_factory=dict)

    @property
    def input(self):
        return self.nodes[0]

    def __getitem__(self, name):
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def consumers(self, name):
        """Returns the nodes that read the output of `name`."""
        return [node for node in self.nodes if name in node.inputs]

    def sole_consumer(self, name):
        """Returns the one node that reads `name`, `None` if others do too."""
        readers = self.consumers(name)
        alone = len(readers) == 1 and name != self.output
        return readers[0] if alone else None

    def copy(self):
        """Returns a graph whose weights can change without this one's."""
        nodes = [node.copy() for node in self.nodes]
        return Graph(self.name, nodes, self.output, dict(self.kept))

    def keep(self, names, pattern):
        """Adds a pattern to what these nodes' kernels must keep."""
        for name in names:
            self.kept[name] = (*self.kept.get(name, ()), pattern)

    def kernels(self):
        """Returns the trainable nodes of a convolution or a dense layer."""
        kinds = ("Conv2D", "Dense")
        return [n for n in self.nodes if n.kind in kinds and n.trainable]
