"""Powers of Lp norms."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example
from tfkd.numerics import safe_sqrt


@keras.saving.register_keras_serializable("tfkd")
class LpDistance(Distance):
    """Mean or sum of `|teacher - student|^p`, or its p-th root.

    Equation:  d(t, s) = sum_i |t_i - s_i|^p, divided by the number of
               features if `reduce="mean"`; its 1/p-th power if `root`.
    Symbols:   t, s (batch, ...) tensors of one shape; p = `p`.

    Args:
        p: 1 or 2.
        reduce: `"mean"` or `"sum"` over everything but the batch.
        root: Whether to take the p-th root, giving a norm.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `p` or `reduce` is another value.
    """

    def __init__(self, p=2, reduce="mean", root=False, **kwargs):
        super().__init__(**kwargs)
        if p not in (1, 2) or reduce not in ("mean", "sum"):
            raise InputError(
                "LpDistance needs p of 1 or 2 and reduce 'mean' or 'sum', "
                f"received p={p!r}, reduce={reduce!r}."
            )
        self.p = p
        self.reduce = reduce
        self.root = root

    def call(self, teacher, student):
        difference = teacher - student
        power = ops.abs(difference) if self.p == 1 else ops.square(difference)
        value = per_example(power, self.reduce)
        return safe_sqrt(value) if self.root and self.p == 2 else value

    def get_config(self):
        config = super().get_config()
        return {
            **config,
            "p": self.p,
            "reduce": self.reduce,
            "root": self.root,
        }
