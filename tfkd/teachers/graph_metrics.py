"""Numbers that network theory has for a graph, as a teacher."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.teachers.base import Teacher

METRICS = (
    "density",
    "clustering",
    "degree_deviation",
    "diameter",
    "efficiency",
)


@keras.saving.register_keras_serializable("tfkd")
class GraphMetrics(Teacher):
    """Provides the tap `"metrics"`, `(batch, metrics)`, of each graph.

    | name | of n nodes, degrees d_v and distances s_uv in edges |
    |---|---|
    | `"density"` | sum_v d_v / (n (n - 1)) |
    | `"clustering"` | closed among all paths of two edges: transitivity |
    | `"degree_deviation"` | standard deviation of d_v, over n - 1 |
    | `"diameter"` | largest finite s_uv, over n - 1 |
    | `"efficiency"` | mean of 1 / s_uv over pairs, 0 where no path is |

    Each is in [0, 1], and 0 where its denominator is. Edges count without
    their weights, and must go both ways. After `adapt` every metric has mean
    0 and variance 1 on the graphs that were shown.

    Args:
        names: Metrics, at least one; all if absent.
        mean: Subtracted from each; 0 if absent.
        scale: What each is divided by then, positive; 1 if absent.
        key: Name of the adjacency (batch, nodes, nodes) in a batch's inputs;
            a loop marks a node that exists.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If a name is unknown or numbers do not fit.
    """

    def __init__(
        self, names=None, *, mean=None, scale=None, key="adjacency", **kwargs
    ):
        super().__init__(**kwargs)
        self.names = tuple(METRICS if names is None else names)
        for name in self.names:
            if name not in METRICS:
                raise unknown("metric of graphs", name, METRICS)
        count = len(self.names)
        self.mean = [0.0] * count if mean is None else [float(v) for v in mean]
        scale = [1.0] * count if scale is None else scale
        self.scale = [float(v) for v in scale]
        self.key = key
        if not count or not (
            len(self.mean) == len(self.scale) == count
            and all(0 < value < float("inf") for value in self.scale)
            and np.all(np.isfinite(self.mean))
        ):
            raise InputError(
                "Graph metrics need at least one name, and a finite mean and "
                f"a scale > 0 for each of {self.names}; received mean="
                f"{self.mean}, scale={self.scale}."
            )

    def adapt(self, adjacency):
        """Takes mean and scale from graphs.

        Args:
            adjacency: `(graphs, nodes, nodes)`.
        """
        found = np.array(self._raw(ops.convert_to_tensor(adjacency)))
        deviation = found.std(axis=0)
        self.mean = [float(v) for v in found.mean(axis=0)]
        # A metric that does not vary stays 0.
        self.scale = [float(v) if v > 1e-6 else 1.0 for v in deviation]

    def connect(self, taps, student):
        for name in taps:
            if name != "metrics":
                raise unknown("tap of graph metrics", name, ["metrics"])
        self.built = True
        return {"metrics": keras.KerasTensor((None, len(self.names)))}

    def call(self, inputs, student=None, step=0):
        if not isinstance(inputs, dict) or self.key not in inputs:
            found = sorted(inputs) if isinstance(inputs, dict) else "a tensor"
            raise InputError(
                "Graph metrics are computed from the adjacency: a batch's "
                f"inputs must be a dict with {self.key!r}, received {found}."
            )
        mean, scale = (
            ops.convert_to_tensor(v, "float32") for v in (self.mean, self.scale)
        )
        return {"metrics": (self._raw(inputs[self.key]) - mean) / scale}

    def _raw(self, adjacency):
        links = ops.cast(adjacency > 0, "float32")
        exists = ops.diagonal(links, axis1=-2, axis2=-1)
        nodes = ops.sum(exists, axis=-1)
        links = links * (1.0 - ops.eye(ops.shape(links)[-1], dtype="float32"))
        degree = ops.sum(links, axis=-1)
        found = {
            "density": _ratio(ops.sum(degree, axis=-1), nodes * (nodes - 1.0)),
            "clustering": _clustering(links, degree),
            "degree_deviation": _ratio(
                _deviation(degree, exists, nodes), nodes - 1.0
            ),
        }
        if {"diameter", "efficiency"} & set(self.names):
            farthest, closeness = _distances(links, exists)
            found["diameter"] = _ratio(farthest, nodes - 1.0)
            found["efficiency"] = _ratio(closeness, nodes * (nodes - 1.0))
        return ops.stack([found[name] for name in self.names], axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "names": self.names,
            "mean": self.mean,
            "scale": self.scale,
            "key": self.key,
        }


def _ratio(x, y):
    return ops.where(y > 0, x / ops.where(y > 0, y, 1.0), 0.0)


def _clustering(links, degree):
    closed = ops.sum(ops.matmul(links, links) * links, axis=(-2, -1))
    return _ratio(closed, ops.sum(degree * (degree - 1.0), axis=-1))


def _deviation(degree, exists, nodes):
    mean = _ratio(ops.sum(degree, axis=-1), nodes)[:, None]
    square = ops.sum(exists * ops.square(degree - mean), axis=-1)
    return ops.sqrt(_ratio(square, nodes))


def _distances(links, exists):
    """The largest distance, and the sum of 1 / distance over pairs."""
    step = links + ops.eye(ops.shape(links)[-1], dtype="float32")
    start = exists[..., None] * (step - links)
    nothing = ops.sum(exists, axis=-1) * 0.0

    def going(hop, reached, grown, farthest, closeness):
        return ops.any(grown)

    def walk(hop, reached, grown, farthest, closeness):
        after = ops.cast(ops.matmul(reached, step) > 0, "float32")
        new = ops.sum(after - reached, axis=(-2, -1))
        return (
            hop + 1.0,
            after,
            new > 0,
            ops.where(new > 0, hop, farthest),
            closeness + new / hop,
        )

    state = (
        ops.ones((), "float32"),
        start,
        ops.sum(exists, axis=-1) > 0,
        nothing,
        nothing,
    )
    *_, farthest, closeness = ops.while_loop(going, walk, state)
    return farthest, closeness
