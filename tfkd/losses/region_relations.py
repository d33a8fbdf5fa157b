"""How the regions of an image are related, for a teacher and a student."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.region_match import RegionMatch
from tfkd.numerics import l2_normalize

_GRAPHS = ("inter", "intra")


@keras.saving.register_keras_serializable("tfkd")
class RegionRelations(RegionMatch):
    """Graphs of regions whose edges are cosines of their features.

    Equation:  A_ij = <f_i, f_j> / (||f_i|| ||f_j||)  over regions i, j in R
               inter:  L = sum_ij (A_t,ij - A_s,ij)^2 / |R|^2
               intra:  L = sum_ij M_ij (1 - A_s,ij) / sum_ij M_ij ,
                       M_ij = 1[argmax t_i = argmax t_j], i != j
    Symbols:   f features of a region: the map of a detector at the place of
               its anchor; R, t, and the choice of R as in `RegionMatch`. 0
               where no region, or no pair, is in R.
    Paper:     Cai et al., *Exploring Object Relation in Mean Teacher for
               Cross-Domain Detection*, CVPR 2019, arXiv:1904.11245.

    Args:
        graph: `"inter"` or `"intra"`.
        feature_tap: Name of both networks' map, whose positions have the same
            number of regions each.
        **kwargs: See `RegionMatch`: `candidates`, `regions`, `threshold`,
            `unlabelled_only`, ...

    Raises:
        InputError: If there is no such graph, or the maps do not fit.
    """

    def __init__(self, *, graph, feature_tap, name="relations", **kwargs):
        super().__init__(**{"read": "scores", **kwargs, "name": name})
        if graph not in _GRAPHS:
            raise unknown("graph of regions", graph, _GRAPHS)
        self.graph = graph
        self.feature_tap = feature_tap
        self.teacher_taps = (*self.teacher_taps, feature_tap)
        self.student_taps = (*self.student_taps, feature_tap)

    def setup(self, teacher, student):
        super().setup(teacher, student)
        regions = teacher[self.teacher_taps[0]].shape[1]
        for specs in (teacher, student):
            shape = tuple(specs[self.feature_tap].shape)
            if (
                len(shape) != 4
                or None in shape[1:]
                or regions % (shape[1] * shape[2])
            ):
                raise InputError(
                    f"{self.name} needs maps whose positions share "
                    f"{regions} regions evenly, received a tap "
                    f"{self.feature_tap!r} of shape {shape}. Name the map "
                    "that boxes are predicted from."
                )

    def compare(self, teacher, student, weight):
        """Returns the unweighted loss of each image.

        Args:
            teacher: Taps.
            student: Taps.
            weight: 1 for regions in R, else 0.
        """
        answers = teacher[self.teacher_taps[0]]
        own = self._edges(student[self.feature_tap], answers.shape[1])
        pairs = weight[:, :, None] * weight[:, None, :]
        if self.graph == "inter":
            theirs = self._edges(teacher[self.feature_tap], answers.shape[1])
            each = ops.square(theirs - own)
        else:
            each = 1.0 - own
            kind = ops.argmax(answers[..., self.numbers :], axis=-1)
            same = ops.cast(kind[:, :, None] == kind[:, None, :], own.dtype)
            itself = ops.eye(own.shape[1], dtype=own.dtype)
            pairs = pairs * same * (1.0 - itself)
        total = ops.sum(pairs * each, axis=(1, 2))
        return total / ops.maximum(ops.sum(pairs, axis=(1, 2)), 1.0)

    def _edges(self, features, regions):
        """Cosines of all regions, `(batch, regions, regions)`."""
        _, height, width, channels = features.shape
        flat = ops.reshape(features, (-1, height * width, channels))
        unit = l2_normalize(flat)
        unit = ops.repeat(unit, regions // (height * width), axis=1)
        return ops.matmul(unit, ops.transpose(unit, (0, 2, 1)))

    def get_config(self):
        return {
            **super().get_config(),
            "graph": self.graph,
            "feature_tap": self.feature_tap,
        }
