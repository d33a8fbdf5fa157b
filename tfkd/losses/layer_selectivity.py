"""Gram matrices of those layers that tell most."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.labels import label_rows
from tfkd.losses.route_selection import RouteSelection
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import per_example
from tfkd.numerics import unit_scale
from tfkd.transforms import FSPMatrix
from tfkd.transforms import regressor


@keras.saving.register_keras_serializable("tfkd")
class LayerSelectivity(RouteSelection):
    """Channel Gram matrices agree, in layers chosen by two other ones.

    Equation:  L_i = mean (G(F_t) - G(r(F_s)))^2,
               G = 1 / (H W) sum_hw F_hw F_hw^T
               score_i = sum over t, s of 1/2 (c_l + d_l),
               c_l = mean_(a != b) cos(m_la, m_lb)
               d_l = mean_(k != l) cos(S_l, S_k)
    Symbols:   F_t, F_s (batch, height, width, channels) maps of route i; r a
               trained 1x1 convolution where they differ in shape; m_la mean
               of layer l over the batch's examples of class a (the layered
               inter-class Gram matrix is that of the m); S_l (batch, batch)
               cosines between examples in layer l, k another layer of the
               same network (the inter-layered Gram matrix is that of the S).
               Layers that separate classes, and see the batch as no other
               layer does, have small scores.
    Paper:     Li, Lin, Chen & Chiang, *Layer-Level Knowledge Distillation
               for Deep Neural Network Learning*, Applied Sciences 2019.

    The sizes of maps behind G and of their gradients grow with the fourth
    and third power of activations.

    Args:
        logits_tap: Name of the student's logits, for the number of classes.
        **kwargs: See `RouteSelection`.

    Raises:
        InputError: If a layer is no map.
    """

    needs_labels = True

    def __init__(
        self, *, logits_tap="logits", name="layer_selectivity", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.logits_tap = logits_tap
        self.layers = (self.teacher_taps, self.student_taps)
        self.student_taps = tuple(
            dict.fromkeys((*self.student_taps, logits_tap))
        )

    def setup(self, teacher, student):
        self.gram = FSPMatrix("average", dtype=self.dtype_policy)
        self.alignments = []
        for teacher_tap, student_tap in self.routes:
            shapes = [
                tuple(teacher[teacher_tap].shape),
                tuple(student[student_tap].shape),
            ]
            if any(len(shape) != 4 for shape in shapes):
                raise InputError(
                    "Layers are selected among maps (batch, height, width, "
                    f"channels), received {shapes}. Choose convolutional taps."
                )
            self.alignments.append(
                regressor.fitting(*shapes, dtype=self.dtype_policy)
            )
        self.gram.built = True
        super().setup(teacher, student)

    def terms(self, teacher, student, *, labels):
        classes = label_rows(labels, student[self.logits_tap], self.name)
        terms = []
        for (teacher_tap, student_tap), align in zip(
            self.routes, self.alignments
        ):
            maps = (teacher[teacher_tap], align(student[student_tap]))
            first, second = (self.gram([x, x]) for x in maps)
            terms.append(per_example(ops.square(first - second)))
        scores = [
            _scores([side[name] for name in names], classes)
            for side, names in zip((teacher, student), self.layers)
        ]
        places = [
            [names.index(route[side]) for route in self.routes]
            for side, names in enumerate(self.layers)
        ]
        score = sum(
            ops.take(found, place, axis=0)
            for found, place in zip(scores, places)
        )
        return ops.stack(terms, axis=-1), ops.stop_gradient(score)

    def get_config(self):
        return {**super().get_config(), "logits_tap": self.logits_tap}


def _scores(layers, classes):
    """1/2 (c + d) of each layer of one network, `(layers,)`."""
    rows = [unit_scale(flatten(x)) for x in layers]
    between_classes = [_similarity_of_classes(x, classes) for x in rows]
    unit = [l2_normalize(x) for x in rows]
    views = ops.stack(
        [
            l2_normalize(ops.reshape(ops.matmul(x, ops.transpose(x)), (-1,)))
            for x in unit
        ]
    )
    between_layers = ops.matmul(views, ops.transpose(views))
    others = max(len(layers) - 1, 1)
    between_layers = (
        ops.sum(between_layers, axis=-1) - ops.diagonal(between_layers)
    ) / others
    return 0.5 * (ops.stack(between_classes) + between_layers)


def _similarity_of_classes(x, classes):
    """Mean cosine between the means of different classes in the batch."""
    count = ops.sum(classes, axis=0)
    present = ops.cast(count > 0, x.dtype)
    means = ops.matmul(ops.transpose(classes), x)
    means = l2_normalize(means / ops.maximum(count, 1.0)[:, None])
    means = means * present[:, None]
    # Of all pairs without those of a class with itself, and without a matrix
    # of classes by classes: |sum_a m_a|^2 - sum_a |m_a|^2.
    together = ops.sum(ops.square(ops.sum(means, axis=0)))
    alone = ops.sum(ops.square(means))
    number = ops.sum(present)
    return (together - alone) / ops.maximum(number * (number - 1.0), 1.0)
