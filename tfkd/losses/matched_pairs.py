"""Which view belongs to which: a small network decides."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.two_views import TwoViews
from tfkd.numerics import itself

_KINDS = ("correspond", "choose")


@keras.saving.register_keras_serializable("tfkd")
class MatchedPairs(TwoViews):
    """Cross-entropy of whether, or of which, two views are of one example.

    Equation:  c_ij = w . relu(A s_i + B t_j + C m_i + b) + b'
               kind "correspond":  L_i = 1/2 [log(1 + exp(-c_ii))
                   + mean_(j in N_i) log(1 + exp(c_ij))]
               kind "choose":      L_i = -log exp(c_ii) / sum_j exp(c_ij),
                   j in {i} and N_i
               m_i = mean of t_j, j in {i} and N_i, where `context`, else 0
    Symbols:   s, t (batch, features) embeddings of the student and of the
               teacher's view, see `TwoViews`; N_i all other examples, or
               those of another label where `by_label`; A, B, C have `units`
               rows. With `by_label` an example without label has the value 0.
               In nats.
    Paper:     "correspond": Arandjelovic & Zisserman, *Look, Listen and
               Learn*, ICCV 2017, arXiv:1705.08168; "choose": Nagrani et al.,
               *Seeing Voices and Hearing Faces*, CVPR 2018, arXiv:1804.00326.

    Args:
        kind: `"correspond"` or `"choose"`.
        units: Width of the hidden layer.
        context: Whether a candidate is judged beside all others.
        by_label: Whether negatives must be of another class.
        **kwargs: See `TwoViews`.

    Raises:
        InputError: If an argument is none of these, or labels are missing or
            no class indices where they are needed.
    """

    same_width = False

    def __init__(
        self,
        *,
        kind="correspond",
        units=128,
        context=False,
        by_label=False,
        name="matched_pairs",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if kind not in _KINDS:
            raise unknown("kind of matching", kind, _KINDS)
        if units < 1:
            raise InputError(
                f"Matching needs units >= 1, received units={units!r}."
            )
        self.kind = kind
        self.units = int(units)
        self.context = bool(context)
        self.by_label = self.needs_labels = bool(by_label)

    def build_heads(self, teacher_width, student_width):
        def dense(name, width, units, use_bias):
            layer = keras.layers.Dense(
                units, use_bias=use_bias, name=name, dtype=self.dtype_policy
            )
            layer.build((None, width))
            return layer

        self.of_student = dense("of_student", student_width, self.units, True)
        self.of_view = dense("of_view", teacher_width, self.units, False)
        if self.context:
            self.of_mean = dense("of_mean", teacher_width, self.units, False)
        # A choice does not see what is common to all candidates.
        own_bias = self.kind == "correspond"
        self.score = dense("score", self.units, 1, own_bias)

    def pair_values(self, theirs, own, labels, step):
        others, known = self.negatives(own, labels)
        candidates = ops.cast(others | itself(ops.shape(own)[0]), own.dtype)
        scores = self.scores(theirs, own, candidates)
        true = ops.diagonal(scores)
        if self.kind == "choose":
            # exp(-1e9) is 0 beside any score of use.
            hidden = ops.where(candidates > 0, scores, -1e9)
            value = ops.logsumexp(hidden, axis=-1) - true
        else:
            count = ops.sum(ops.cast(others, own.dtype), axis=-1)
            wrong = ops.where(
                others, ops.softplus(scores), ops.zeros_like(scores)
            )
            wrong = ops.sum(wrong, axis=-1) / ops.maximum(count, 1.0)
            value = (ops.softplus(-true) + wrong) / 2.0
        return ops.where(known, value, ops.zeros_like(value))

    def scores(self, theirs, own, candidates):
        """Returns c, `(batch, batch)`; see the class."""
        hidden = self.of_student(own)
        if self.context:
            share = candidates / ops.sum(candidates, axis=-1, keepdims=True)
            hidden = hidden + self.of_mean(ops.matmul(share, theirs))
        hidden = hidden[:, None, :] + self.of_view(theirs)[None, :, :]
        return self.score(ops.relu(hidden))[..., 0]

    def negatives(self, own, labels):
        """Returns N as booleans `(batch, batch)`, and who has a value."""
        same = itself(ops.shape(own)[0])
        if not self.by_label:
            return ~same, ops.any(same, axis=-1)
        if labels is None or tuple(labels.shape[1:]) not in ((), (1,)):
            raise InputError(
                f"The loss {self.name!r} needs class indices (batch,), -1 for "
                "unlabelled examples, received labels of shape "
                f"{getattr(labels, 'shape', None)}. Fit on (inputs, labels)."
            )
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        known = labels >= 0
        differ = labels[:, None] != labels[None, :]
        return differ & known[:, None] & known[None, :], known

    def get_config(self):
        return {
            **super().get_config(),
            "kind": self.kind,
            "units": self.units,
            "context": self.context,
            "by_label": self.by_label,
        }
