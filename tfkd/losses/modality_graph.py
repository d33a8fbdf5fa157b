"""How much each modality teaches, for each example."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import shares


@keras.saving.register_keras_serializable("tfkd")
class ModalityGraph(KDLoss):
    """Several modalities teach one, through edges that are learned.

    Equation:  h_k = [W_z z_k + b_z; W_f f_k + b_f]
               g_k = softmax over k of a (w . [h_s; h_k])
               L = sum_k (g_k + p_k) [l_z d(z_k, z_s) + l_f d(f_k, f_s)]
                   + r sum_k (mean over the batch of g_k - p_k)^2
    Symbols:   z_k, f_k (batch, classes), (batch, ...) logits and features of
               modality k, s the student's; d(u, v) = 1 - cos(u, v), features
               flattened, or between logits with `logit_distance`
               "earth_mover" 1/2 sum_c |softmax(u)_c - softmax(v)_c|, the cost
               of moving probability to another class; g_k (batch,) edge from
               k; p = `prior`; a = `sharpness`; l_z = `logit_weight`;
               l_f = `feature_weight`; r = `prior_weight`; W_z, W_f have
               `units` rows.
    Paper:     Luo, Hsieh, Jiang, Niebles & Fei-Fei, *Graph Distillation for
               Action Detection with Privileged Modalities*, ECCV 2018,
               arXiv:1712.00108.

    The weights of the edges are trained with the student.

    Args:
        teacher_logits: Names of the z_k, at least one.
        teacher_features: Names of the f_k, as many.
        student_logits: Name of z_s.
        student_features: Name of f_s, as wide as every f_k.
        prior: p, one non-negative number a modality; normalized; equal if
            absent.
        units: Numbers that stand for logits, and as many for features.
        sharpness: a >= 0; at 0 all edges are equal.
        logit_distance: `"cosine"` or `"earth_mover"`.
        logit_weight: l_z >= 0.
        feature_weight: l_f >= 0.
        prior_weight: r >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If taps do not fit, or a number is out of range.
    """

    def __init__(
        self,
        *,
        teacher_logits,
        teacher_features,
        student_logits="logits",
        student_features="embedding",
        prior=None,
        units=32,
        sharpness=0.125,
        logit_distance="cosine",
        logit_weight=10.0,
        feature_weight=1.0,
        prior_weight=10.0,
        name="modality_graph",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_logits = tuple(teacher_logits)
        self.teacher_features = tuple(teacher_features)
        count = len(self.teacher_logits)
        if not count or count != len(self.teacher_features):
            raise InputError(
                "A modality graph needs logits and features of at least one "
                f"modality, received {self.teacher_logits} and "
                f"{self.teacher_features}."
            )
        self.numbers = {
            "sharpness": float(sharpness),
            "logit_weight": float(logit_weight),
            "feature_weight": float(feature_weight),
            "prior_weight": float(prior_weight),
        }
        if units < 1 or not all(
            0 <= value < float("inf") for value in self.numbers.values()
        ):
            raise InputError(
                "A modality graph needs units >= 1 and finite numbers >= 0, "
                f"received units={units!r}, {self.numbers}."
            )
        if logit_distance not in _DISTANCES:
            raise unknown("distance of logits", logit_distance, _DISTANCES)
        self.logit_distance = logit_distance
        self.prior = shares("prior of modalities", prior, count)
        self.units = int(units)
        self.teacher_taps = (*self.teacher_logits, *self.teacher_features)
        self.student_taps = (student_logits, student_features)

    def setup(self, teacher, student):
        for names, own in (
            (self.teacher_logits, self.student_taps[0]),
            (self.teacher_features, self.student_taps[1]),
        ):
            shape = tuple(student[own].shape)
            for name in names:
                found = tuple(teacher[name].shape)
                if not compatible(found, shape) or None in shape[1:]:
                    raise InputError(
                        "Modalities are compared by taps of one known shape, "
                        f"received {found} ({name}) and {shape} (the "
                        f"student's {own}). Name other taps, or give the "
                        "networks layers of one width."
                    )
        policy = self.dtype_policy

        def dense(name, inputs, units, use_bias=True):
            layer = keras.layers.Dense(
                units, use_bias=use_bias, name=name, dtype=policy
            )
            layer.build((None, inputs))
            return layer

        logits, features = (
            _size(student[name].shape) for name in self.student_taps
        )
        self.of_logits = dense("of_logits", logits, self.units)
        self.of_features = dense("of_features", features, self.units)
        # A bias would be common to all edges: softmax does not see it.
        self.edge = dense("edge", 4 * self.units, 1, use_bias=False)
        super().setup(teacher, student)

    def edges(self, teacher, student):
        """Returns g, `(batch, modalities)`; its rows sum to one."""
        own = self._node(*(student[name] for name in self.student_taps))
        others = [
            self._node(teacher[z], teacher[f])
            for z, f in zip(self.teacher_logits, self.teacher_features)
        ]
        scores = [self.edge(ops.concatenate([own, h], -1)) for h in others]
        scores = self.numbers["sharpness"] * ops.concatenate(scores, axis=-1)
        # Unlike softmax, it takes one modality without a warning.
        return ops.exp(ops.log_softmax(scores, axis=-1))

    def _node(self, logits, features):
        return ops.concatenate(
            [
                self.of_logits(flatten(logits)),
                self.of_features(flatten(features)),
            ],
            axis=-1,
        )

    def values(self, teacher, student, *, labels, index, step):
        edges = self.edges(teacher, student)
        prior = ops.convert_to_tensor(self.prior, edges.dtype)
        distances = 0.0
        of_logits = _DISTANCES[self.logit_distance]
        for names, own, weight, distance in (
            (self.teacher_logits, 0, "logit_weight", of_logits),
            (self.teacher_features, 1, "feature_weight", _cosine_distance),
        ):
            follower = student[self.student_taps[own]]
            each = [distance(teacher[name], follower) for name in names]
            each = ops.stack(each, axis=-1)
            distances = distances + self.numbers[weight] * each
        gap = ops.square(ops.mean(edges, axis=0) - prior)
        pull = self.numbers["prior_weight"] * ops.sum(gap)
        return ops.sum((edges + prior) * distances, axis=-1) + pull

    def get_config(self):
        return {
            **super().get_config(),
            **self.numbers,
            "teacher_logits": self.teacher_logits,
            "teacher_features": self.teacher_features,
            "student_logits": self.student_taps[0],
            "student_features": self.student_taps[1],
            "prior": self.prior,
            "units": self.units,
            "logit_distance": self.logit_distance,
        }


def _cosine_distance(first, second):
    first, second = (l2_normalize(flatten(x)) for x in (first, second))
    return 1.0 - ops.sum(first * second, axis=-1)


def _moved(first, second):
    """Probability that has to move from class to class."""
    gap = ops.softmax(first, axis=-1) - ops.softmax(second, axis=-1)
    return 0.5 * ops.sum(flatten(ops.abs(gap)), axis=-1)


_DISTANCES = {"cosine": _cosine_distance, "earth_mover": _moved}


def _size(shape):
    result = 1
    for size in shape[1:]:
        result *= size
    return result
