"""The teacher's maps, projected into the student's space."""

import keras
from keras import ops

from tfkd.losses.route_selection import RouteSelection
from tfkd.numerics import TINY
from tfkd.numerics import per_example
from tfkd.transforms import regressor


@keras.saving.register_keras_serializable("tfkd")
class KnowledgeProjection(RouteSelection):
    """L1 distance of the student's map to a projection of the teacher's.

    Equation:  L_i = mean |P_i F_t - F_s|
               score_i = mean |P_i F_t - F_s| / mean |F_s|
    Symbols:   F_t, F_s taps (batch, ..., channels) of route i; P_i a trained
               1x1 convolution or dense layer to the student's channels, after
               an average to the student's positions. Scores are relative to
               the map, so that layers of other scale can be compared.
    Paper:     Zhang, Ning & He, *Knowledge Projection for Effective Design
               of Thinner and Faster Deep Neural Networks*, arXiv:1710.09505.

    Args:
        **kwargs: See `RouteSelection`.

    Raises:
        InputError: If the layers of a route differ in rank.
    """

    def __init__(self, *, name="knowledge_projection", **kwargs):
        super().__init__(name=name, **kwargs)

    def setup(self, teacher, student):
        self.projections = [
            regressor.fitting(
                tuple(student[student_tap].shape),
                tuple(teacher[teacher_tap].shape),
                always=True,
                dtype=self.dtype_policy,
            )
            for teacher_tap, student_tap in self.routes
        ]
        super().setup(teacher, student)

    def terms(self, teacher, student, *, labels):
        terms, scores = [], []
        for (teacher_tap, student_tap), project in zip(
            self.routes, self.projections
        ):
            own = student[student_tap]
            gap = per_example(ops.abs(project(teacher[teacher_tap]) - own))
            terms.append(gap)
            scores.append(ops.mean(gap) / (ops.mean(ops.abs(own)) + TINY))
        return ops.stack(terms, axis=-1), ops.stack(scores)
