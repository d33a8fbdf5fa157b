"""Two views of one example are more alike than those of two."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import unknown
from tfkd.losses.two_views import TwoViews
from tfkd.losses.two_views import cross_square_distances
from tfkd.numerics import itself
from tfkd.numerics import l2_normalize
from tfkd.numerics import safe_sqrt

_MEASURES = ("distance", "cosine")
_KINDS = ("logistic", "hinge")


@keras.saving.register_keras_serializable("tfkd")
class PairRanking(TwoViews):
    """Ranks an example's own other view before those of the batch.

    Equation:  L_i = mean_(j != i) phi(m + a_ij - a_ii) ,
               and with `both_ways` the mean of it and of the same with a_ji;
               phi(u) = log(1 + exp(u)) or max(0, u);
               a_ij = -||s_i - t_j||_2 or cos(s_i, t_j)
    Symbols:   s, t (batch, features) embeddings of the student and of the
               teacher's view, see `TwoViews`; m = `margin`; phi = `kind`,
               a = `measure`. 0 in a batch of one.
    Paper:     the logistic kind: Kim et al., *On Learning Associations of
               Faces and Voices*, ACCV 2018, arXiv:1805.05553; the hinge:
               Aytar et al., *See, Hear, and Read*, arXiv:1706.00932.

    Args:
        kind: `"logistic"` or `"hinge"`.
        measure: `"distance"` or `"cosine"`.
        margin: m >= 0.
        both_ways: Whether the other view ranks the student's, too.
        **kwargs: See `TwoViews`.

    Raises:
        InputError: If an argument is none of these.
    """

    def __init__(
        self,
        *,
        kind="logistic",
        measure="distance",
        margin=0.0,
        both_ways=True,
        name="pair_ranking",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if kind not in _KINDS:
            raise unknown("kind of ranking", kind, _KINDS)
        if measure not in _MEASURES:
            raise unknown("measure of likeness", measure, _MEASURES)
        checks.not_negative(margin=margin)
        self.kind = kind
        self.measure = measure
        self.margin = margin
        self.both_ways = bool(both_ways)

    def pair_values(self, theirs, own, labels, step):
        if self.measure == "cosine":
            theirs, own = l2_normalize(theirs), l2_normalize(own)
            likeness = ops.matmul(own, ops.transpose(theirs))
        else:
            likeness = -safe_sqrt(cross_square_distances(own, theirs))
        value = self._one_way(likeness)
        if not self.both_ways:
            return value
        return (value + self._one_way(ops.transpose(likeness))) / 2.0

    def _one_way(self, likeness):
        gaps = likeness - ops.diagonal(likeness)[:, None] + self.margin
        gaps = ops.softplus(gaps) if self.kind == "logistic" else ops.relu(gaps)
        same = itself(ops.shape(gaps)[0])
        gaps = ops.where(same, ops.zeros_like(gaps), gaps)
        others = ops.maximum(ops.shape(gaps)[0] - 1, 1)
        return ops.sum(gaps, axis=-1) / ops.cast(others, gaps.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "kind": self.kind,
            "measure": self.measure,
            "margin": self.margin,
            "both_ways": self.both_ways,
        }
