"""A dense answer of a teacher, where it can be trusted."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.losses.masked_mean import masked_mean
from tfkd.numerics import safe_sqrt
from tfkd.transforms.random_crop import cropped
from tfkd.transforms.warp import as_flow
from tfkd.transforms.warp import visible

_KINDS = ("l1", "robust", "berhu", "euclidean")


@keras.saving.register_keras_serializable("tfkd")
class ProxyMap(KDLoss):
    """Regression to a teacher's depth, disparity or flow, pixel by pixel.

    Equation:  L = sum_p m_p psi(t_p - s_p) / sum_p m_p

               | kind      | psi(e), the mean over channels               |
               |-----------|----------------------------------------------|
               | l1        | |e|                                          |
               | robust    | (|e| + 0.01)^0.4                             |
               | berhu     | |e| up to c, (e^2 + c^2) / (2 c) above;      |
               |           | c = 0.2 max_p |e_p|, as a constant           |
               | euclidean | ||e||_2 over channels                        |

    Symbols:   t, s (batch, height, width, channels) maps of teacher and
               student; m (batch, height, width, 1) in [0, 1], 1 if there is
               no `mask_tap`; sums over the batch. Where m is 0, t may be any
               number, or none. With `hidden_taps` m counts pixels alone that
               the student's own displacements hide.
    Paper:     robust: Liu et al., *DDFlow*, AAAI 2019, arXiv:1902.09145;
               berhu: Laina et al., 3DV 2016, arXiv:1606.00373.

    Args:
        teacher_tap: Name of t.
        student_tap: Name of s.
        mask_tap: Name of m among the teacher's taps.
        hidden_taps: Names of the student's displacements forward and back.
        crop: Pixels of each border of t and m that the student does not see.
        corner_tap: Name of the student's tap of where what it sees begins,
            the same for a batch: see `tfkd.transforms.RandomCrop`. It then
            does not see twice `crop` of height and width.
        kind: See above.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the kind is unknown, or the maps differ in shape.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        mask_tap=None,
        hidden_taps=None,
        crop=0,
        corner_tap=None,
        kind="l1",
        name="proxy_map",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if kind not in _KINDS:
            raise unknown("kind of regression", kind, _KINDS)
        self.teacher_taps = (teacher_tap,)
        if mask_tap is not None:
            self.teacher_taps = (teacher_tap, mask_tap)
        self.hidden_taps = hidden_taps and tuple(hidden_taps)
        corner = () if corner_tap is None else (corner_tap,)
        self.student_taps = tuple(
            dict.fromkeys((student_tap, *(hidden_taps or ()), *corner))
        )
        self.mask_tap = mask_tap
        self.crop = int(crop)
        self.corner_tap = corner_tap
        self.kind = kind

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if self.crop and len(theirs) == 4:
            # The size of what the student sees is its view's.
            own = (*own[:1], None, None, *own[3:])
        if len(theirs) != 4 or not compatible(theirs, own):
            raise InputError(
                f"{self.name} compares maps (batch, height, width, channels) "
                f"of one shape, received teacher {theirs} and student {own}. "
                "Build both for the same size."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = self._seen(teacher[self.teacher_taps[0]], student)
        mask = None
        if self.mask_tap is not None:
            mask = self._seen(teacher[self.mask_tap], student)
        if self.hidden_taps:
            seen = visible(*(as_flow(student[tap]) for tap in self.hidden_taps))
            mask = 1.0 - seen if mask is None else mask * (1.0 - seen)
        error = student[self.student_taps[0]] - target
        if mask is not None:
            # A target that is not known may be NaN or infinite: it must reach
            # no penalty, whose gradient would be NaN.
            counts = ops.cast(mask, error.dtype) > 0
            error = ops.where(counts, error, ops.zeros_like(error))
        return masked_mean(self.penalty(error, mask), mask)

    def _seen(self, maps, student):
        """The part of the teacher's maps that the student sees."""
        if not self.crop:
            return maps
        if self.corner_tap is not None:
            return cropped(maps, self.crop, student[self.corner_tap][0])
        return maps[:, self.crop : -self.crop, self.crop : -self.crop]

    def penalty(self, error, mask=None):
        """Returns psi of errors `(batch, height, width, channels)`."""
        size = ops.abs(error)
        if self.kind == "l1":
            return size
        if self.kind == "robust":
            return ops.power(size + 0.01, 0.4)
        if self.kind == "euclidean":
            square = ops.sum(ops.square(error), axis=-1, keepdims=True)
            return safe_sqrt(square)
        counted = size if mask is None else size * ops.cast(mask, size.dtype)
        bound = 0.2 * ops.stop_gradient(ops.max(counted))
        bound = ops.where(bound > 0, bound, ops.ones_like(bound))
        # (e^2 + c^2) / 2c, without a square that overflows.
        large = 0.5 * (size * (size / bound) + bound)
        return ops.where(size <= bound, size, large)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "mask_tap": self.mask_tap,
            "hidden_taps": self.hidden_taps,
            "crop": self.crop,
            "corner_tap": self.corner_tap,
            "kind": self.kind,
        }
