"""How alike a node is to each of its neighbours."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import square_distances

KERNELS = ("laplacian", "rbf", "linear", "polynomial")


@keras.saving.register_keras_serializable("tfkd")
class LocalStructure(KDLoss):
    """The student's similarities to neighbours follow the teacher's.

    Equation:  p_ij = softmax over neighbours j of i of K(z_i, z_j)
               L = 1/N sum_i sum_j p_ij^t log(p_ij^t / p_ij^s), in nats
               K(a, b) = exp(-||a - b||_1 / w)      "laplacian"
                         exp(-||a - b||_2^2 / w)    "rbf"
                         a . b, (a . b)^2           "linear", "polynomial"
    Symbols:   z (batch, nodes, units) states of nodes, neighbours those with
               an edge in the teacher's or the student's adjacency, N nodes
               that have one; w = `width`. Without edges, z (batch, ...) and
               the batch is the graph: an example's neighbours are the
               `neighbors` nearest to it in the teacher's space.
    Paper:     Yang, Qiu, Song, Tao & Wang, *Distilling Knowledge from Graph
               Convolutional Networks*, CVPR 2020, arXiv:2003.10477.

    A node is no neighbour of its own; one without neighbours counts zero.
    Differences of all pairs are in memory at once: N^2 times units numbers.

    Args:
        teacher_tap: Name of the teacher's z.
        student_tap: Likewise of the student, of the same nodes.
        edges_tap: Name of the adjacency (batch, nodes, nodes) in both
            models, or `None` for the batch's own graph.
        neighbors: Neighbours an example, at least 1, without edges.
        kernel: K.
        width: w > 0.
        reverse: Whether the divergence is that of teacher from student,
            KL(student || teacher), as the paper prints it.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is out of range or taps do not fit.
    """

    def __init__(
        self,
        *,
        teacher_tap="embedding",
        student_tap="embedding",
        edges_tap=None,
        neighbors=8,
        kernel="laplacian",
        width=100.0,
        reverse=False,
        name="local_structure",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if kernel not in KERNELS:
            raise unknown("kernel", kernel, KERNELS)
        if not width > 0 or neighbors < 1:
            raise InputError(
                "LocalStructure needs width > 0 and neighbors >= 1, received "
                f"width={width!r}, neighbors={neighbors!r}."
            )
        edges = () if edges_tap is None else (edges_tap,)
        self.teacher_taps = (teacher_tap, *edges)
        self.student_taps = (student_tap, *edges)
        self.edges_tap = edges_tap
        self.neighbors = int(neighbors)
        self.kernel = kernel
        self.width = float(width)
        self.reverse = reverse

    def setup(self, teacher, student):
        if self.edges_tap is not None:
            for taps, names in (
                (teacher, self.teacher_taps),
                (student, self.student_taps),
            ):
                shapes = [tuple(taps[name].shape) for name in names]
                if [len(shape) for shape in shapes] != [3, 3]:
                    raise InputError(
                        "LocalStructure compares nodes, (batch, nodes, units) "
                        "with edges (batch, nodes, nodes); the taps "
                        f"{names} have shapes {shapes}. Name other taps, or "
                        "pass edges_tap=None for the graph of the batch."
                    )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        first = teacher[self.teacher_taps[0]]
        second = student[self.student_taps[0]]
        if self.edges_tap is None:
            first, second = flatten(first), flatten(second)
            linked = self._nearest(first)
            return self._divergence(first[None], second[None], linked[None])[0]
        linked = ops.logical_or(
            teacher[self.edges_tap] > 0, student[self.edges_tap] > 0
        )
        linked = ops.logical_and(linked, _others(ops.shape(linked)[-1]))
        each = self._divergence(first, second, linked)
        count = ops.sum(ops.cast(ops.any(linked, axis=-1), each.dtype), axis=-1)
        return ops.sum(each, axis=-1) / ops.maximum(count, 1.0)

    def _nearest(self, x):
        """Whether j is among the nearest of i; equally near ones all are."""
        others = _others(ops.shape(x)[0])
        distances = ops.where(others, square_distances(x), float("inf"))
        last = ops.minimum(self.neighbors, ops.shape(x)[0]) - 1
        farthest = ops.take(ops.sort(distances, axis=-1), last, axis=-1)
        return ops.logical_and(others, distances <= farthest[:, None])

    def _divergence(self, teacher, student, linked):
        """Of each node, `(batch, nodes)`."""
        pair = [
            _log_softmax(self._similarity(x), linked)
            for x in (teacher, student)
        ]
        target, own = reversed(pair) if self.reverse else pair
        terms = ops.exp(target) * (target - own)
        return ops.sum(ops.where(linked, terms, 0.0), axis=-1)

    def _similarity(self, x):
        if self.kernel in ("linear", "polynomial"):
            dot = ops.matmul(x, ops.swapaxes(x, -1, -2))
            return dot if self.kernel == "linear" else ops.square(dot)
        gap = x[:, :, None] - x[:, None]
        size = ops.abs(gap) if self.kernel == "laplacian" else ops.square(gap)
        return ops.exp(-ops.sum(size, axis=-1) / self.width)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "edges_tap": self.edges_tap,
            "neighbors": self.neighbors,
            "kernel": self.kernel,
            "width": self.width,
            "reverse": self.reverse,
        }


def _others(count):
    return ops.logical_not(ops.cast(ops.eye(count), "bool"))


def _log_softmax(scores, mask):
    """Over the entries of each row that the mask leaves; 0 elsewhere."""
    lowest = ops.min(scores, axis=-1, keepdims=True)
    largest = ops.stop_gradient(
        ops.max(ops.where(mask, scores, lowest), axis=-1, keepdims=True)
    )
    shifted = ops.where(mask, scores - largest, 0.0)
    total = ops.sum(
        ops.where(mask, ops.exp(shifted), 0.0), axis=-1, keepdims=True
    )
    some = total > 0
    log_total = ops.log(ops.where(some, total, ops.ones_like(total)))
    return ops.where(mask, shifted - log_total, 0.0)
