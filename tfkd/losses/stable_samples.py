"""A student learns from another where that one is the more stable."""

import keras
from keras import ops

from tfkd.distances.softmax_mse import SoftmaxMSE
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows


@keras.saving.register_keras_serializable("tfkd")
class StableSamples(KDLoss):
    """Squared difference to a peer, of unlabelled examples it is sure of.

    Equation:  L = m 1/C sum_c (softmax(z_p)_c - softmax(z_s)_c)^2 ,
               m = 1[no label] 1[stable_p] (1 - 1[stable_s] 1[e_s < e_p]) ,
               stable = 1[argmax z = argmax z'] 1[max(p, p') > x] ,
               e = 1/C sum_c (softmax(z)_c - softmax(z')_c)^2
    Symbols:   z, z' (batch, C) logits of one network for two views of an
               example, the first being what it learns on; s the network
               itself, p the peer; p, p' in `stable` the largest
               probabilities; x = `threshold`. All but z_s in the first line
               are constants.
    Paper:     Ke, Wang, Yan, Ren & Lau, *Dual Student: Breaking the Limits of
               the Teacher in Semi-supervised Learning*, ICCV 2019,
               arXiv:1909.01804.

    Args:
        own_taps: Names of z_s and z_s', two taps of the network.
        peer_taps: Names of z_p and z_p'.
        threshold: x in [0, 1).
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `threshold` is out of range, or taps are no logits of
            one shape.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        own_taps,
        peer_taps,
        threshold=0.8,
        name="stable_samples",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 <= threshold < 1:
            raise InputError(
                "The confidence of a stable example must be in [0, 1), "
                f"received {threshold!r}."
            )
        self.own_taps = tuple(own_taps)
        self.peer_taps = tuple(peer_taps)
        self.threshold = threshold
        self.teacher_taps = (*self.own_taps, *self.peer_taps)
        self.student_taps = (self.own_taps[0],)
        self.distance = SoftmaxMSE()

    def setup(self, teacher, student):
        shapes = {tuple(teacher[name].shape) for name in self.teacher_taps}
        if len(shapes) > 1 or len(next(iter(shapes))) != 2:
            raise InputError(
                "Stable examples are told by logits (batch, classes) of two "
                f"networks for two views, received shapes {sorted(shapes)}. "
                "Give both networks the same classes."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        own, peer = (
            [teacher[name] for name in names]
            for names in (self.own_taps, self.peer_taps)
        )
        ahead = self.distance.call(*own) < self.distance.call(*peer)
        taught = self.stable(*peer) & ~(self.stable(*own) & ahead)
        rows = label_rows(labels, peer[0], self.name)
        taught = taught & (ops.sum(rows, axis=-1) == 0)
        values = self.distance.call(peer[0], student[self.student_taps[0]])
        return ops.where(taught, values, ops.zeros_like(values))

    def stable(self, first, second):
        """Whether a network is sure, and says the same of both views."""
        sure = ops.maximum(
            *(
                ops.max(ops.softmax(z, axis=-1), axis=-1)
                for z in (first, second)
            )
        )
        same = ops.argmax(first, axis=-1) == ops.argmax(second, axis=-1)
        return same & (sure > self.threshold)

    def get_config(self):
        return {
            **super().get_config(),
            "own_taps": self.own_taps,
            "peer_taps": self.peer_taps,
            "threshold": self.threshold,
        }
