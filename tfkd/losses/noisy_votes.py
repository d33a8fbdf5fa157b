"""Labels that teachers vote on, with noise that hides each of them."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class NoisyVotes(KDLoss):
    """Cross-entropy with the noisy majority of several teachers.

    Equation:  L = H(argmax_c [n_c(x) + xi_c], softmax(z_s)),
               n_c(x) = |{i: argmax_k z_i(x)_k = c}|,  xi_c ~ Lap(0, 1 / g)
    Symbols:   z_i, z_s (batch, classes) logits of teacher i and of the
               student; g = `gamma`. In nats.
    Paper:     Papernot et al., *Semi-supervised Knowledge Transfer for Deep
               Learning from Private Training Data*, ICLR 2017,
               arXiv:1610.05755.

    An example is asked about once: its noise is drawn at the start, is kept
    by its index, and is the same at every step. An example whose index is
    `queries` or more is never asked about and counts nothing, so that no more
    than `queries` answers leave the teachers. That holds where they see an
    example alike at every step: give them inputs without augmentation.

    Args:
        teacher_taps: Names of the z_i, at least two.
        queries: Examples that are asked about, at least 1.
        gamma: g > 0.
        student_tap: Name of z_s.
        seed: Whole number behind the noise.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range, or teachers' and student's
            classes differ.
    """

    needs_index = True

    def __init__(
        self,
        *,
        teacher_taps,
        queries,
        gamma=0.05,
        student_tap="logits",
        seed=0,
        name="noisy_votes",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        if (
            len(self.teacher_taps) < 2
            or int(queries) != queries
            or queries < 1
            or not 0 < gamma < float("inf")
        ):
            raise InputError(
                "A private vote needs at least two teachers, queries >= 1 and "
                f"a finite gamma > 0, received {len(self.teacher_taps)} "
                f"teachers, queries={queries!r}, gamma={gamma!r}."
            )
        self.queries = int(queries)
        self.gamma = float(gamma)
        self.seed = int(seed)

    def setup(self, teacher, student):
        own = tuple(student[self.student_taps[0]].shape)
        shapes = {tuple(teacher[name].shape) for name in self.teacher_taps}
        if shapes != {own} or len(own) != 2:
            raise InputError(
                "Teachers who vote and their student must score the same "
                f"classes, logits (batch, classes); received {sorted(shapes)} "
                f"and {own}. Give them all as many outputs."
            )
        noise = np.random.default_rng(self.seed).laplace(
            scale=1.0 / self.gamma, size=(self.queries, own[-1])
        )
        self.noise = self.add_weight(
            noise.shape, "zeros", trainable=False, name="noise"
        )
        self.noise.assign(noise.astype("float32"))
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        if index is None:
            raise InputError(
                f"The loss {self.name!r} asks about each example once and "
                "needs its number. Fit on "
                'x = {"student": ..., "index": np.arange(examples)}.'
            )
        log_p = ops.log_softmax(student[self.student_taps[0]], axis=-1)
        classes = log_p.shape[-1]
        votes = sum(
            ops.one_hot(ops.argmax(teacher[name], axis=-1), classes)
            for name in self.teacher_taps
        )
        index = ops.cast(ops.reshape(index, (-1,)), "int32")
        asked = (index >= 0) & (index < self.queries)
        noise = ops.take(self.noise, ops.where(asked, index, 0), axis=0)
        winner = ops.argmax(ops.cast(votes, noise.dtype) + noise, axis=-1)
        target = ops.one_hot(winner, classes, dtype=log_p.dtype)
        entropy = -ops.sum(target * log_p, axis=-1)
        return entropy * ops.cast(asked, log_p.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "queries": self.queries,
            "gamma": self.gamma,
            "student_tap": self.student_taps[0],
            "seed": self.seed,
        }


def privacy_spent(queries, gamma, *, delta=1e-5, votes=None, moments=32):
    """Returns the epsilon of (epsilon, delta) differential privacy.

    Equation:  epsilon = min_l [sum_queries a(l) + ln(1 / delta)] / l
               a(l) = min(2 g l,  2 g^2 l (l + 1),  d(l))
               d(l) = ln[(1 - q) ((1 - q) / (1 - q e^(2 g)))^l + q e^(2 g l)]
                      for q < (e^(2 g) - 1) / (e^(4 g) - 1)
               q = sum_{c not c*} (2 + g (n_c* - n_c)) / (4 e^(g (n_c* - n_c)))
    Symbols:   n votes for each class, c* the winner; g = `gamma`; l = 1, 2,
               ..., `moments`.
    Paper:     Papernot et al., arXiv:1610.05755, Theorems 2 and 3, Lemma 4,
               as in the authors' analysis.

    Args:
        queries: Answers that were given, at least 1.
        gamma: g > 0.
        delta: In (0, 1).
        votes: n, `(queries, classes)`. With them the bound depends on the
            data: where teachers agree it is far smaller, and is itself
            private. Without them d is left out.
        moments: Largest l.

    Raises:
        InputError: If a number is out of range.
    """
    if not (queries >= 1 and gamma > 0 and 0 < delta < 1 and moments >= 1):
        raise InputError(
            "privacy_spent needs queries >= 1, gamma > 0, delta in (0, 1) and "
            f"moments >= 1, received queries={queries!r}, gamma={gamma!r}, "
            f"delta={delta!r}, moments={moments!r}."
        )
    order = np.arange(1, moments + 1, dtype="float64")
    bound = np.minimum(2 * gamma * order, 2 * gamma**2 * order * (order + 1))
    if votes is None:
        total = queries * bound
    else:
        votes = np.asarray(votes, "float64")
        if votes.ndim != 2 or len(votes) != queries:
            raise InputError(
                f"votes must be (queries, classes) for {queries} queries, "
                f"received shape {votes.shape}."
            )
        total = sum(_moments(row, gamma, order, bound) for row in votes)
    return float(np.min((total - np.log(delta)) / order))


def _moments(votes, gamma, order, bound):
    """a(l) of one query, for every l."""
    gaps = gamma * (votes.max() - np.delete(votes, votes.argmax()))
    wrong = np.sum((2.0 + gaps) / 4.0 * np.exp(-gaps))
    # (e^x - 1) / (e^2x - 1) = 1 / (e^x + 1).
    if not wrong < 1.0 / (np.exp(2.0 * gamma) + 1.0):
        return bound
    right = np.log1p(-wrong)
    grown = np.log1p(-wrong * np.exp(2.0 * gamma))
    first = right + order * (right - grown)
    second = np.log(wrong) + 2.0 * gamma * order if wrong > 0 else -np.inf
    return np.minimum(bound, np.logaddexp(first, second))
