"""Two views of one example are near; others become harder with time."""

import keras
from keras import ops

from tfkd import checks
from tfkd import schedules
from tfkd.losses.two_views import TwoViews
from tfkd.losses.two_views import cross_square_distances
from tfkd.numerics import itself
from tfkd.numerics import l2_normalize
from tfkd.numerics import safe_sqrt


@keras.saving.register_keras_serializable("tfkd")
class CurriculumContrast(TwoViews):
    """Contrastive loss whose negatives are as hard as a schedule allows.

    Equation:  L_i = d_ii^2 + max(0, m - d_ik)^2 ,  d_ij = ||s_i - t_j||_2 ;
               k = the negative of rank round(h (B - 2)) among the B - 1
               others of the batch, from the farthest (0) to the nearest
    Symbols:   s, t (batch, features) unit vectors of the student and of the
               teacher's view, see `TwoViews`; m = `margin`; h = `hardness`;
               B examples. In a batch of one, the first part alone.
    Paper:     Nagrani, Albanie & Zisserman, *Learnable PINs: Cross-Modal
               Embeddings for Person Identity*, ECCV 2018, arXiv:1805.00833.

    Args:
        margin: m >= 0.
        hardness: h, a number or schedule; values are cut to [0, 1].
        **kwargs: See `TwoViews`.

    Raises:
        InputError: If a number is out of range.
    """

    def __init__(
        self, *, margin=0.6, hardness=1.0, name="curriculum_contrast", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        checks.not_negative(margin=margin)
        self.margin = margin
        self.hardness = schedules.get(hardness, "hardness", minimum=0.0)

    def pair_values(self, theirs, own, labels, step):
        square = cross_square_distances(l2_normalize(own), l2_normalize(theirs))
        near = ops.square(
            ops.relu(self.margin - self.negatives(safe_sqrt(square), step))
        )
        alone = ops.shape(square)[0] < 2
        near = ops.where(alone, ops.zeros_like(near), near)
        return ops.diagonal(square) + near

    def negatives(self, distances, step):
        """Returns the distance of each example's chosen negative, `(batch,)`.

        Args:
            distances: `(batch, batch)`, the diagonal of pairs.
            step: Number of updates so far.
        """
        # An example itself comes first, then the nearest of the others.
        own = -ops.ones_like(distances)
        same = itself(ops.shape(distances)[0])
        order = ops.sort(ops.where(same, own, distances), axis=-1)
        count = ops.shape(distances)[0]
        others = ops.cast(ops.maximum(count - 2, 0), "float32")
        share = ops.clip(self.hardness(step), 0.0, 1.0)
        rank = ops.cast(ops.round(share * others), "int32")
        chosen = ops.one_hot(count - 1 - rank, count, dtype=order.dtype)
        return ops.sum(order * chosen, axis=-1)

    def get_config(self):
        hardness = keras.saving.serialize_keras_object(self.hardness)
        return {
            **super().get_config(),
            "margin": self.margin,
            "hardness": hardness,
        }
