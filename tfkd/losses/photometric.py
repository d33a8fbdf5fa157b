"""The second image, displaced, looks like the first."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.masked_mean import masked_mean
from tfkd.transforms.census import census_difference
from tfkd.transforms.warp import as_flow
from tfkd.transforms.warp import visible
from tfkd.transforms.warp import warp


@keras.saving.register_keras_serializable("tfkd")
class Photometric(KDLoss):
    """A displacement is right where it explains an image by another.

    Equation:  L = mean_p [ a clip((1 - SSIM(I, W)) / 2, 0, 1)
                            + (1 - a) |I - W| ]
                   + s mean_p sum_x |d_x f| exp(-|d_x I|)
               W(p) = J(p + f(p))
               With `census` |I - W| is how their census transforms differ.
    Symbols:   I, J the first and the second image of a pair (batch, height,
               width, 2 channels), scaled to [0, 1]; f the student's flow or
               disparity; a = `structure`; s = `smoothness`; SSIM of windows
               of 3x3; d_x differences along rows and columns, |d_x I| the
               mean over channels. With `back_tap` the first mean is over
               pixels alone that the displacement back does not call hidden,
               with `mask_tap` over those that the teacher's mask counts.
    Paper:     Godard et al., *Unsupervised Monocular Depth Estimation with
               Left-Right Consistency*, CVPR 2017, arXiv:1609.03677, for all
               but the mask, which is that of `tfkd.transforms.warp`.

    Args:
        student_tap: Name of f.
        pair_tap: Name of the pair.
        pair_of: Whose tap the pair is, `"teacher"` or `"student"`.
        back_tap: Name of the student's displacement from J to I.
        mask_tap: Name of a mask (batch, height, width, 1) in [0, 1] among the
            teacher's taps.
        structure: a in [0, 1].
        smoothness: s >= 0.
        census: Width of the windows of census transforms, odd and > 1, which
            makes pixels of another brightness alike; 0 for pixels as they
            are. See `tfkd.transforms.census`.
        robust: Whether |e| is (|e| + 0.01)^0.4.
        value_range: `(low, high)` of raw images.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range, or the pair and f do not fit.
    """

    def __init__(
        self,
        *,
        student_tap,
        pair_tap,
        pair_of="teacher",
        back_tap=None,
        mask_tap=None,
        structure=0.85,
        smoothness=0.1,
        census=0,
        robust=False,
        value_range=(0.0, 255.0),
        name="photometric",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        low, high = (float(value) for value in value_range)
        checks.whole(0, census=census)
        if (
            pair_of not in ("teacher", "student")
            or not 0 <= structure <= 1
            or not 0 <= smoothness < float("inf")
            or census == 1
            or (census and census % 2 == 0)
            or not low < high
        ):
            raise InputError(
                "A photometric loss needs pair_of='teacher' or 'student', "
                "structure in [0, 1], a finite smoothness >= 0, a census of 0 "
                "or of an odd width above 1, and a value_range (low, high), "
                f"received {pair_of!r}, {structure!r}, {smoothness!r}, "
                f"{census!r} and {value_range!r}."
            )
        self.pair_tap, self.pair_of = pair_tap, pair_of
        self.back_tap, self.mask_tap = back_tap, mask_tap
        own = [student_tap, *([back_tap] if back_tap else [])]
        if pair_of == "student":
            own.append(pair_tap)
        self.student_taps = tuple(dict.fromkeys(own))
        theirs = [pair_tap] if pair_of == "teacher" else []
        self.teacher_taps = (*theirs, *([mask_tap] if mask_tap else []))
        self.structure = structure
        self.smoothness = smoothness
        self.census = int(census)
        self.robust = bool(robust)
        self.value_range = (low, high)

    def setup(self, teacher, student):
        taps = teacher if self.pair_of == "teacher" else student
        pair = tuple(taps[self.pair_tap].shape)
        found = tuple(student[self.student_taps[0]].shape)
        if (
            len(pair) != 4
            or len(found) != 4
            or pair[-1] % 2
            or found[-1] not in (1, 2)
            or pair[1:3] != found[1:3]
        ):
            raise InputError(
                f"{self.name} needs a pair (batch, height, width, 2 channels) "
                "and a displacement (batch, height, width, 1 or 2) of its "
                f"size, received shapes {pair} and {found}."
            )
        # A pixel and its neighbour are two, a window of structure is three.
        width = max(
            self.census,
            3 if self.structure else 1,
            2 if self.smoothness else 1,
        )
        if min(filter(None, found[1:3]), default=width) < width:
            raise InputError(
                f"{self.name} compares windows of {width} pixels, and sees "
                f"pairs of shape {pair}. Give larger images, a smaller census, "
                "or no structure and smoothness."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        taps = teacher if self.pair_of == "teacher" else student
        first, second = self.images(taps[self.pair_tap])
        displacement = student[self.student_taps[0]]
        mask = None
        if self.back_tap:
            mask = visible(
                as_flow(displacement), as_flow(student[self.back_tap])
            )
        if self.mask_tap:
            counts = ops.cast(teacher[self.mask_tap], first.dtype)
            mask = counts if mask is None else mask * counts
        found = warp(second, displacement)
        value = (1.0 - self.structure) * self._differ(first, found, mask)
        if self.structure:
            inner = None if mask is None else mask[:, 1:-1, 1:-1]
            unlike = structural_difference(first, found)
            value = value + self.structure * masked_mean(unlike, inner)
        if self.smoothness:
            rough = roughness(displacement, first)
            value = value + self.smoothness * rough
        return value

    def images(self, pair):
        """Returns the first and the second image of a pair, in [0, 1]."""
        low, high = self.value_range
        pair = ops.cast(pair, self.compute_dtype)
        return ops.split((pair - low) / (high - low), 2, axis=-1)

    def _differ(self, first, found, mask):
        if self.census:
            size = census_difference(first, found, self.census)
            edge = self.census // 2
            mask = None if mask is None else mask[:, edge:-edge, edge:-edge]
        else:
            size = ops.abs(first - found)
        size = ops.power(size + 0.01, 0.4) if self.robust else size
        return masked_mean(size, mask)

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "pair_tap": self.pair_tap,
            "pair_of": self.pair_of,
            "back_tap": self.back_tap,
            "mask_tap": self.mask_tap,
            "structure": self.structure,
            "smoothness": self.smoothness,
            "census": self.census,
            "robust": self.robust,
            "value_range": self.value_range,
        }


def structural_difference(first, second):
    """Returns (1 - SSIM) / 2 in [0, 1] of windows of 3x3.

    Args:
        first: Images `(batch, height, width, channels)` in [0, 1].
        second: Likewise.

    Returns:
        Shape `(batch, height - 2, width - 2, channels)`.
    """

    def mean(x):
        return ops.average_pool(x, 3, 1, "valid")

    a, b = mean(first), mean(second)
    variances = mean(ops.square(first)) + mean(ops.square(second))
    variances = variances - ops.square(a) - ops.square(b)
    covariance = mean(first * second) - a * b
    c1, c2 = 0.01**2, 0.03**2
    above = (2 * a * b + c1) * (2 * covariance + c2)
    below = (ops.square(a) + ops.square(b) + c1) * (variances + c2)
    return ops.clip((1.0 - above / below) / 2, 0.0, 1.0)


def roughness(displacement, image):
    """Returns how much a map changes where its image does not, `(batch,)`."""
    total = 0.0
    for axis in (1, 2):
        steps = [_steps(x, axis) for x in (displacement, image)]
        edge = ops.mean(ops.abs(steps[1]), axis=-1, keepdims=True)
        total = total + masked_mean(ops.abs(steps[0]) * ops.exp(-edge))
    return total


def _steps(x, axis):
    """Differences of neighbours along an axis."""
    if axis == 1:
        return x[:, 1:] - x[:, :-1]
    return x[:, :, 1:] - x[:, :, :-1]
