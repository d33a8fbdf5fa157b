"""One distribution over all classes from teachers that know some of them."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.transforms.base import Transform
from tfkd.transforms.label_sets import check_widths

_MODES = ("cross_entropy", "matrix_factorization")
# ln 0, finite.
_NEVER = -1e9


@keras.saving.register_keras_serializable("tfkd")
class UnifiedClasses(Transform):
    """Solves for the class probabilities that explain all teachers best.

    Equation:  p_i(l) = q(l) / Q_i,  Q_i = sum_{k in L_i} q(k)
               mode "cross_entropy":
               q = argmin - sum_i sum_{l in L_i} p_i(l) ln(q(l) / Q_i),
               by  q(l) <- sum_{i: l in L_i} p_i(l) / sum_{i: l in L_i} 1/Q_i
               mode "matrix_factorization":
               u, v = argmin sum_i sum_{l in L_i} (p_i(l) - u_l v_i)^2,
               by alternating least squares;  q = u / sum u
               result: T ln q
    Symbols:   z_i (batch, |L_i|) logits of teacher i, of the classes L_i in
               this order; p_i = softmax(z_i / T); q over all classes;
               T = `temperature`.
    Paper:     Vongkulbhisal, Vinayavekhin & Visentini-Scarzanella, *Unifying
               Heterogeneous Classifiers with Distillation*, CVPR 2019,
               arXiv:1904.06062.

    Softened by T, the result is q. Each step of the first mode lowers a
    convex function. Teachers that share no class, not even over others, say
    nothing of each other: every group then gets a share by its number of
    classes ("cross_entropy") or of teachers ("matrix_factorization").

    It is called with the list of the z_i.

    Args:
        label_sets: The L_i, tuples of class numbers from 0; together all.
        temperature: T > 0.
        mode: `"cross_entropy"` or `"matrix_factorization"`.
        iterations: Steps of the solver, at least 1.
        **kwargs: See `Transform`.

    Raises:
        InputError: If a class is in no set or twice in one, teachers do not
            fit the sets, or an argument is out of range.
    """

    def __init__(
        self,
        label_sets,
        temperature=1.0,
        mode="cross_entropy",
        iterations=50,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.label_sets = [[int(label) for label in s] for s in label_sets]
        _check_sets(self.label_sets)
        if mode not in _MODES:
            raise unknown("mode of UnifiedClasses", mode, _MODES)
        if not temperature > 0 or not iterations >= 1:
            raise InputError(
                "UnifiedClasses needs temperature > 0 and iterations >= 1, "
                f"received {temperature!r} and {iterations!r}."
            )
        self.temperature = float(temperature)
        self.mode = mode
        self.iterations = int(iterations)
        self.classes = 1 + max(max(labels) for labels in self.label_sets)
        # (teachers, classes): who knows which class.
        self._known = np.zeros((len(self.label_sets), self.classes), "float32")
        for row, labels in zip(self._known, self.label_sets):
            row[labels] = 1.0

    def build(self, input_shape):
        check_widths(self.label_sets, input_shape)

    def call(self, logits):
        logits = logits if isinstance(logits, (list, tuple)) else [logits]
        # (batch, teachers, classes)
        log_p = ops.stack(
            [
                self._spread(ops.log_softmax(z / self.temperature), member)
                for member, z in enumerate(logits)
            ],
            axis=1,
        )
        solve = (
            self._cross_entropy
            if self.mode == "cross_entropy"
            else self._factors
        )
        return self.temperature * solve(log_p)

    def _spread(self, log_p, member):
        """A teacher's values, each at its class; 0 for the others."""
        places = np.zeros(self.classes, "int32")
        labels = self.label_sets[member]
        places[labels] = np.arange(len(labels))
        known = ops.convert_to_tensor(self._known[member], log_p.dtype)
        return ops.take(log_p, places, axis=-1) * known

    def _cross_entropy(self, log_p):
        absent = ops.convert_to_tensor((1.0 - self._known) * _NEVER)
        evidence = ops.logsumexp(log_p + absent, axis=1)

        def step(_, log_q):
            mass = ops.logsumexp(log_q[:, None] + absent, axis=2, keepdims=True)
            return ops.log_softmax(
                evidence - ops.logsumexp(absent - mass, axis=1), axis=-1
            )

        start = ops.zeros_like(evidence) - np.log(self.classes)
        return ops.fori_loop(0, self.iterations, step, start)

    def _factors(self, log_p):
        known = ops.convert_to_tensor(self._known)
        p = ops.exp(log_p) * known

        def step(_, u):
            # Scale goes into v, so that neither factor drifts.
            v = ops.einsum("bmc,bc->bm", p, u)
            v = v / (ops.einsum("mc,bc->bm", known, ops.square(u)) + 1e-12)
            u = ops.einsum("bmc,bm->bc", p, v)
            u = u / (ops.einsum("mc,bm->bc", known, ops.square(v)) + 1e-12)
            return u / ops.sum(u, axis=-1, keepdims=True)

        start = ops.sum(p, axis=1) / ops.sum(known, axis=0)
        start = start / ops.sum(start, axis=-1, keepdims=True)
        u = ops.fori_loop(0, self.iterations, step, start)
        return ops.log(ops.maximum(u, 1e-30))

    def get_config(self):
        return {
            **super().get_config(),
            "label_sets": self.label_sets,
            "temperature": self.temperature,
            "mode": self.mode,
            "iterations": self.iterations,
        }


def _check_sets(label_sets):
    numbers = {label for labels in label_sets for label in labels}
    if (
        not label_sets
        or not all(label_sets)
        or numbers != set(range(len(numbers)))
        or any(len(set(labels)) < len(labels) for labels in label_sets)
    ):
        raise InputError(
            "Label sets must hold class numbers from 0, together every one "
            f"of them, and none twice in a set; received {label_sets}. For "
            "example ((0, 1, 2), (2, 3))."
        )
