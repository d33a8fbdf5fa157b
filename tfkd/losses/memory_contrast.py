"""Contrast of teacher and student against a memory of all examples."""

import math

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.example_index import checked_index
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize

# What `log_z` holds before the first batch.
_UNSET = -1e30


@keras.saving.register_keras_serializable("tfkd")
class MemoryContrast(KDLoss):
    """Tells an example's embedding of the other network from others'.

    Equation:  per side, u against the other side's memory v:
               P_j = exp(u . v_j / tau) / Z,   h_j = P_j / (P_j + K / N)
               L = -log h_i - sum_(K negatives j) log(1 - h_j), both sides;
               then v_i <- (m v_i + (1 - m) u_i) / ||.||_2
    Symbols:   u (batch, `units`) unit vectors from a trained linear map of
               the tap; v (N, `units`) memory; i the example's index;
               N = `size`; K = `negatives`, drawn uniformly; tau =
               `temperature`; m = `momentum`; Z = N mean exp(u . v_j / tau)
               over the first batch, a constant ever after.
    Paper:     Tian, Krishnan & Isola, *Contrastive Representation
               Distillation*, ICLR 2020, arXiv:1910.10699, Sec 3;
               memory and Z as in the authors' released code. Unlike InfoNCE,
               each candidate is a decision of its own, against noise of
               constant density 1 / N.

    The memories, Z and the random state are saved with the `Distiller`.

    Args:
        teacher_tap: Name of the teacher's embedding, flattened.
        student_tap: Name of the student's.
        size: N >= 2, the number of training examples; indices are below it.
            In a compiled step another index makes the loss NaN, at which
            `fit` stops.
        negatives: K >= 1.
        units: Width of the embeddings.
        temperature: tau > 0.
        momentum: m in [0, 1).
        seed: Of the negatives and of the memories' start.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is out of range, a tap's size is unknown,
            or a batch has no index or one outside.
    """

    needs_index = True

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        size,
        negatives=16384,
        units=128,
        temperature=0.07,
        momentum=0.5,
        seed=0,
        name="memory_contrast",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if (
            size < 2
            or negatives < 1
            or units < 1
            or not temperature > 0
            or not 0 <= momentum < 1
        ):
            raise InputError(
                "MemoryContrast needs size >= 2, negatives >= 1, units >= 1, "
                "temperature > 0 and momentum in [0, 1), received "
                f"size={size!r}, negatives={negatives!r}, units={units!r}, "
                f"temperature={temperature!r}, momentum={momentum!r}."
            )
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.size = size
        self.negatives = negatives
        self.units = units
        self.temperature = temperature
        self.momentum = momentum
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def setup(self, teacher, student):
        self.teacher_head = self._head("teacher_head", teacher)
        self.student_head = self._head("student_head", student)
        self.teacher_memory = self._memory("teacher_memory", self.seed)
        self.student_memory = self._memory("student_memory", self.seed + 1)
        self.log_z = self.add_weight(
            (2,),
            keras.initializers.Constant(_UNSET),
            trainable=False,
            name="log_z",
        )
        super().setup(teacher, student)

    def _head(self, name, taps):
        shape = tuple(taps[getattr(self, f"{name[:7]}_taps")[0]].shape)
        if None in shape[1:]:
            raise InputError(
                "A contrast needs taps of known size, received shape "
                f"{shape}. Pool the tap, or build the model with a fixed "
                "input size."
            )
        head = keras.layers.Dense(
            self.units, name=name, dtype=self.dtype_policy
        )
        head.build((None, math.prod(shape[1:])))
        return head

    def _memory(self, name, seed):
        # About unit norm, as in the authors' code.
        bound = math.sqrt(3.0 / self.units)
        start = keras.initializers.RandomUniform(-bound, bound, seed=seed)
        return self.add_weight(
            (self.size, self.units), start, trainable=False, name=name
        )

    def values(self, teacher, student, *, labels, index, step):
        index = checked_index(index, self.size, self.name)
        inside = (index >= 0) & (index < self.size)
        index = ops.clip(index, 0, self.size - 1)
        teacher = self.embed(self.teacher_head, teacher[self.teacher_taps[0]])
        student = self.embed(self.student_head, student[self.student_taps[0]])
        sides = self.contrast(teacher, student, self.candidates(index))
        self.remember(teacher, student, index)
        return ops.where(inside, sides[0] + sides[1], float("nan"))

    def embed(self, head, tap):
        """Returns unit vectors `(batch, units)`."""
        return l2_normalize(head(flatten(tap)))

    def candidates(self, index):
        """Returns `(batch, 1 + negatives)` indices, an example's own first."""
        drawn = keras.random.randint(
            (ops.shape(index)[0], self.negatives),
            0,
            self.size,
            seed=self.generator,
        )
        return ops.concatenate([index[:, None], drawn], axis=1)

    def contrast(self, teacher, student, candidates):
        """Returns the loss of the student's and of the teacher's side.

        Args:
            teacher: Unit vectors `(batch, units)`.
            student: Likewise.
            candidates: See `candidates`.

        Returns:
            Two tensors `(batch,)`, in nats.
        """
        sides = (student, self.teacher_memory), (teacher, self.student_memory)
        scores = [self._scores(u, v, candidates) for u, v in sides]
        first = ops.stack([self._log_z(score) for score in scores])
        before = ops.convert_to_tensor(self.log_z)
        log_z = ops.where(before > _UNSET / 2, before, first)
        self.log_z.assign(log_z)
        log_noise = math.log(self.negatives / self.size)
        # log h = -softplus(-x) and log(1 - h) = -softplus(x), with
        # x = log P - log(K / N).
        return tuple(
            ops.softplus(-x[:, 0]) + ops.sum(ops.softplus(x[:, 1:]), axis=1)
            for x in (
                score - log_z[side] - log_noise
                for side, score in enumerate(scores)
            )
        )

    def _scores(self, embedding, memory, candidates):
        # Against all: a gather of vectors would be `units` times larger.
        scores = ops.matmul(embedding, ops.transpose(memory))
        return ops.take_along_axis(scores, candidates, 1) / self.temperature

    def _log_z(self, scores):
        """log(N mean exp(scores)), a constant."""
        total = ops.logsumexp(ops.stop_gradient(scores))
        count = ops.cast(ops.size(scores), scores.dtype)
        return total - ops.log(count) + math.log(self.size)

    def remember(self, teacher, student, index):
        """Moves the memories of a batch towards its embeddings."""
        for memory, new in (
            (self.teacher_memory, teacher),
            (self.student_memory, student),
        ):
            old = ops.take(memory, index, axis=0)
            mixed = self.momentum * old + (1.0 - self.momentum) * new
            rows = ops.stop_gradient(l2_normalize(mixed))
            memory.assign(ops.scatter_update(memory, index[:, None], rows))

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["random"] = self.generator.state

    def load_own_variables(self, store):
        self.generator.state.assign(store["random"])
        for number, variable in enumerate(
            self._trainable_variables + self._non_trainable_variables
        ):
            variable.assign(store[str(number)])

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "size": self.size,
            "negatives": self.negatives,
            "units": self.units,
            "temperature": self.temperature,
            "momentum": self.momentum,
            "seed": self.seed,
        }
