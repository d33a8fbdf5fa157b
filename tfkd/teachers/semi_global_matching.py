"""Stereo without learning: semi-global matching."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.teachers.base import Teacher
from tfkd.transforms.reversed_pair import ReversedPair
from tfkd.transforms.warp import as_flow
from tfkd.transforms.warp import visible

_TAPS = ("map", "trusted", "pair")


@keras.saving.register_keras_serializable("tfkd")
class SemiGlobalMatching(Teacher):
    """Disparities of stereo pairs, smooth along lines, and where to trust.

    Equation:  C(p, d) = mean |I(x, y) - J(x - d, y)| over windows of 3x3
               L_r(p, d) = C(p, d) + min(L_r(q, d), L_r(q, d +- 1) + P1,
                                         min_k L_r(q, k) + P2)
                           - min_k L_r(q, k)
               D(p) = argmin_d sum_r L_r(p, d)
    Symbols:   I, J left and right image, scaled to [0, 1]; q the pixel before
               p along r, one of the four directions of rows and columns; P1 =
               `small`, P2 = `large`. A pixel whose match lies outside J costs
               what it costs at the border. It is trusted where the right
               image's disparity leads back.
    Paper:     Hirschmueller, *Stereo Processing by Semiglobal Matching and
               Mutual Information*, TPAMI 30(2), 2008; there eight directions
               or more, mutual information as C, and D between pixels.

    The taps are those of `PairMatchingTeacher`.

    Args:
        shape: Of a pair, `(height, width, 2 channels)`, known sizes.
        farthest: Largest disparity, at least 1.
        small: P1 >= 0, of a change by one pixel.
        large: P2 >= P1, of any other.
        value_range: `(low, high)` of raw images.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If an argument is out of range.
    """

    def __init__(
        self,
        shape,
        *,
        farthest=64,
        small=0.02,
        large=0.1,
        value_range=(0.0, 255.0),
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        shape = tuple(shape)
        low, high = (float(value) for value in value_range)
        if (
            len(shape) != 3
            or None in shape
            or shape[2] % 2
            or int(farthest) != farthest
            or not 1 <= farthest < shape[1]
            or not 0 <= small <= large < float("inf")
            or not low < high
        ):
            raise InputError(
                "Semi-global matching needs pairs (height, width, 2 channels) "
                "of known size, 1 <= farthest < width, 0 <= small <= large, "
                f"and a value_range (low, high); received {shape}, "
                f"{farthest!r}, {small!r}, {large!r}, {value_range!r}."
            )
        self.shape = shape
        self.farthest = int(farthest)
        self.small, self.large = float(small), float(large)
        self.value_range = (low, high)
        self._mirrored = ReversedPair(mirror=True)

    def connect(self, taps, student):
        for name in taps:
            if name not in _TAPS:
                raise unknown("tap of stereo matching", name, _TAPS)
        self.ask_for(taps)
        self.built = True
        channels = {"map": 1, "trusted": 1, "pair": self.shape[2]}
        return {
            name: keras.KerasTensor((None, *self.shape[:2], channels[name]))
            for name in taps
        }

    def call(self, inputs, student=None, step=0):
        pair = ops.cast(inputs, "float32")
        if tuple(pair.shape[1:]) != self.shape:
            raise InputError(
                f"The teacher's view must be pairs (batch, *{self.shape}), "
                f"received shape {tuple(pair.shape)}. Give every batch x = "
                '{"student": ..., "teacher": ...}.'
            )
        found = {"pair": pair, "map": self.match(pair)}
        if "trusted" in self.asked:
            back = ops.flip(self.match(self._mirrored(pair)), axis=2)
            found["trusted"] = visible(as_flow(found["map"]), as_flow(-back))
        return {name: found[name] for name in self.asked}

    def match(self, pair):
        """Returns disparities `(batch, height, width, 1)`, whole numbers."""
        costs = self.costs(pair)
        total = 0.0
        for axis in (1, 2):
            for backwards in (False, True):
                total = total + self._along(costs, axis, backwards)
        best = ops.argmin(total, axis=-1)
        return ops.cast(best, "float32")[..., None]

    def costs(self, pair):
        """Returns C, `(batch, height, width, farthest + 1)`."""
        low, high = self.value_range
        first, second = ops.split((pair - low) / (high - low), 2, axis=-1)
        width = self.shape[1]
        differences = []
        for disparity in range(self.farthest + 1):
            border = ops.repeat(second[:, :, :1], disparity, axis=2)
            moved = ops.concatenate(
                [border, second[:, :, : width - disparity]], axis=2
            )
            gap = ops.abs(first - moved)
            differences.append(ops.mean(gap, axis=-1, keepdims=True))
        costs = ops.concatenate(differences, axis=-1)
        return ops.average_pool(costs, 3, 1, "same")

    def _along(self, costs, axis, backwards):
        """L_r along one direction."""

        def step(before, cost):
            found = self._step(cost, before)
            return found, found

        lines = ops.moveaxis(costs, axis, 0)
        # Before the first pixel nothing was paid.
        start = ops.zeros_like(lines[0])
        _, found = ops.scan(step, start, lines, reverse=backwards)
        return ops.moveaxis(found, 0, axis)

    def _step(self, cost, before):
        least = ops.min(before, axis=-1, keepdims=True)
        far = least + self.large
        edge = ops.full_like(before[..., :1], float("inf"))
        left = ops.concatenate([edge, before[..., :-1]], axis=-1)
        right = ops.concatenate([before[..., 1:], edge], axis=-1)
        near = ops.minimum(left, right) + self.small
        return cost + ops.minimum(ops.minimum(before, near), far) - least

    def get_config(self):
        return {
            **super().get_config(),
            "shape": self.shape,
            "farthest": self.farthest,
            "small": self.small,
            "large": self.large,
            "value_range": self.value_range,
        }
