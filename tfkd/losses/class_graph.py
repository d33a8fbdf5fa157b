"""Embeddings of classes from those whose attributes are near."""

import keras
import numpy as np
from keras import ops

from tfkd import taps
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.class_attributes import ClassAttributes
from tfkd.losses.wasserstein_barycenter import barycenter
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class ClassGraph(KDLoss):
    """A graph network embeds classes; a classifier learns its embeddings.

    Equation:  L = -log softmax(h(sg(e_k) + r_sj - c_s))_k
                   + g [k seen] 1/F ||e_k - c_k||_2^2 / d^2
               e_k = d U relu(V [A_k; n_k])
               n_k = 1 / |N(k)| sum over s in N(k) of
                     1 / m sum_j relu(W r_sj / d)
    Symbols:   A_k attributes of class k; r_s (m, F) Wasserstein barycentre
               of the teacher's features of the seen class s, in m =
               `points` nodes, c_s their mean; N(k) the `neighbors` seen
               classes other than k whose attributes have the largest cosine
               with A_k, all of those that are as near as the last; k drawn
               for each example, s of N(k) and j too; sg(.) without gradient;
               d root mean square of r; g = `graph_weight`; h the student's
               classifier; U, V, W linear, trained. In nats.
    Paper:     Wang et al., *Heterogeneous Graph-based Knowledge Transfer for
               Generalized Zero-shot Learning*, arXiv:1911.09046.

    No class is its own neighbour: what is learned on seen classes serves the
    others. Nothing but the number of examples is read of a batch.

    Args:
        teacher_tap: Name of the teacher's vector, as wide as what the head
            receives.
        head: h, a layer of the student, which trains and saves it.
        attributes: A, one row a class.
        unseen: Classes without examples.
        neighbors: Size of N(k), at least 1 and below the seen classes.
        points: m, at least 1.
        units: Width of the graph network's states.
        graph_weight: g >= 0.
        seed: Of the barycentres and draws.
        **kwargs: See `KDLoss`.

    Attributes:
        edges: Rows of 1 / |N(k)|, an array `(classes, seen)`.
        nodes: r, a variable `(seen, points, features)`.

    Raises:
        InputError: If attributes, classes and head do not fit each other, or
            a number is out of range.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        head,
        attributes,
        unseen,
        neighbors=5,
        points=5,
        units=64,
        graph_weight=1.0,
        seed=0,
        name="class_graph",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.classes = ClassAttributes(attributes, unseen)
        count = len(self.classes.seen)
        if (
            not 1 <= neighbors < count
            or min(points, units) < 1
            or not 0 <= graph_weight < float("inf")
        ):
            raise InputError(
                "A graph of classes needs 1 <= neighbors < the number of "
                f"seen classes, {count}, points and units >= 1 and a finite "
                f"graph_weight >= 0; received neighbors={neighbors!r}, "
                f"points={points!r}, units={units!r}, graph_weight="
                f"{graph_weight!r}."
            )
        self.points = int(points)
        self.graph_weight = float(graph_weight)
        self.edges = _edges(self.classes, neighbors)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        init = keras.initializers.GlorotUniform
        self.intra, self.inter, self.output_map = (
            keras.layers.Dense(
                units if activation else head.kernel.shape[0],
                activation=activation,
                kernel_initializer=init(seed=seed + number),
                name=layer,
                dtype=self.dtype_policy,
            )
            for number, (layer, activation) in enumerate(
                [("intra", "relu"), ("inter", "relu"), ("embedding", None)]
            )
        )
        self.units = int(units)
        self._untracked = Untracked(head=head)

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        self.classes.check_head(
            self.teacher_taps[0], shape, self._untracked.head
        )
        width = shape[-1]
        self.intra.build((None, width))
        self.inter.build((None, self.classes.matrix.shape[1] + self.units))
        self.output_map.build((None, self.units))
        self.nodes = self.add_weight(
            (len(self.classes.seen), self.points, width),
            "zeros",
            trainable=False,
            name="nodes",
        )
        self.deviation = self.add_weight(
            (), "ones", trainable=False, name="deviation"
        )
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Takes the barycentres of the seen classes.

        Raises:
            InputError: If a seen class has no example.
        """
        groups = self.classes.by_class(taps[self.teacher_taps[0]], labels)
        nodes = np.stack(
            [barycenter(x, self.points, seed=self.seed) for x in groups]
        )
        size = np.sqrt(np.mean(nodes**2))
        self.nodes.assign(nodes)
        self.deviation.assign(size if size > 0 else 1.0)

    def embeddings(self):
        """Returns e / d, the embedding of every class, scaled."""
        told = ops.mean(self.intra(self.nodes / self.deviation), axis=1)
        edges, attributes = (
            ops.convert_to_tensor(x, self.compute_dtype)
            for x in (self.edges, self.classes.matrix)
        )
        told = ops.matmul(edges, told)
        state = self.inter(ops.concatenate([attributes, told], axis=-1))
        return self.output_map(state)

    def values(self, teacher, student, *, labels, index, step):
        count = ops.shape(teacher[self.teacher_taps[0]])[0]
        number = len(self.classes)
        drawn = self._draw((count,), number)
        found = ops.take(self.embeddings(), drawn, axis=0)
        features = self.deviation * ops.stop_gradient(found)
        logits = taps.class_logits(
            self._untracked.head, features + self._scatter(drawn, count)
        )
        log_q = ops.log_softmax(ops.cast(logits, self.compute_dtype), axis=-1)
        target = ops.one_hot(drawn, number, dtype=log_q.dtype)
        answers = -ops.sum(target * log_q, axis=-1)
        seen = list(self.classes.seen)
        known = ops.take(target, ops.convert_to_tensor(seen), axis=-1)
        centres = ops.mean(self.nodes, axis=1) / self.deviation
        gaps = ops.square(found - ops.matmul(known, centres))
        gaps = ops.sum(known, axis=-1) * ops.mean(gaps, axis=-1)
        return answers + self.graph_weight * gaps

    def _draw(self, shape, count):
        return keras.random.randint(shape, 0, count, seed=self.generator)

    def _scatter(self, drawn, count):
        """A node of one neighbour each, less that class's centre."""
        edges = ops.convert_to_tensor(self.edges, self.compute_dtype)
        chances = ops.take(ops.log(ops.maximum(edges, 1e-30)), drawn, axis=0)
        neighbor = keras.random.categorical(chances, 1, seed=self.generator)
        near = ops.take(self.nodes, neighbor[:, 0], axis=0)
        node = ops.one_hot(
            self._draw((count,), self.points),
            self.points,
            dtype=self.compute_dtype,
        )
        node = ops.sum(node[..., None] * near, axis=1)
        return node - ops.mean(near, axis=1)


def _edges(classes, neighbors):
    """Equal weights of the seen classes that are near, but for itself."""
    size = np.linalg.norm(classes.matrix, axis=1, keepdims=True)
    unit = classes.matrix / np.where(size > 0, size, 1.0)
    seen = list(classes.seen)
    near = unit @ unit[seen].T
    near[seen, np.arange(len(seen))] = -np.inf
    last = np.sort(near, axis=1)[:, -neighbors, None]
    linked = (near >= last - 1e-9).astype("float64")
    return linked / linked.sum(axis=1, keepdims=True)
