"""One layer of teacher and student, each on the other's inputs too."""

import keras
from keras import ops

from tfkd import taps
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class CrossedLayers(KDLoss):
    """Both layers do the same, with either network's hidden map as input.

    Equation:  L = m mean (W_t * h_t - W_s * h_t)^2
                   + (1 - m) mean (W_t * h_s - W_s * h_s)^2 ,
               or, soft, with `mixing`:
               L = mean (W_t * g_t - W_s * g_s)^2 ,
               g_t = a h_t + (1 - a) h_s,  g_s = (1 - b) h_t + b h_s
    Symbols:   h_t, h_s (batch, ...) what the layer receives in teacher and
               student; W_t, W_s the two layers, before their activations;
               m = `correction`: the first term corrects what the layers
               before it did wrong, the second imitates the teacher on what
               the student will really see; a, b = `mixing`. Only W_s has a
               gradient.
    Paper:     Bai, Wu, King & Lyu, *Few Shot Network Compression via Cross
               Distillation*, AAAI 2020, arXiv:1911.09450.

    Args:
        teacher_layer: Name of a layer of the teacher, as taps are named.
        student_layer: Name of the student's.
        correction: m in [0, 1].
        mixing: `(a, b)`, both in [0, 1], in place of m; (1, 1) mixes nothing.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `correction` or `mixing` is out of range.
    """

    def __init__(
        self,
        *,
        teacher_layer,
        student_layer,
        correction=0.6,
        mixing=None,
        name="crossed_layers",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 <= correction <= 1:
            raise InputError(
                f"correction must be in [0, 1], received {correction!r}."
            )
        if mixing is not None and (
            len(mixing) != 2 or not all(0 <= share <= 1 for share in mixing)
        ):
            raise InputError(
                "mixing must be two shares in [0, 1], of the teacher's and of "
                f"the student's own map, or None, received {mixing!r}."
            )
        self.teacher_layer = teacher_layer
        self.student_layer = student_layer
        self.correction = float(correction)
        self.mixing = None if mixing is None else tuple(map(float, mixing))
        self.teacher_taps = (f"{teacher_layer}:input",)
        self.student_taps = (f"{student_layer}:input",)
        self._both = Untracked(teacher=None, student=None)

    def attach(self, teacher, student):
        self._both = Untracked(
            teacher=_linear(teacher.model, self.teacher_layer),
            student=_linear(student, self.student_layer),
        )

    def setup(self, teacher, student):
        shapes = [
            tuple(found[names[0]].shape)
            for found, names in (
                (teacher, self.teacher_taps),
                (student, self.student_taps),
            )
        ]
        outputs = [
            tuple(layer.output_shape)
            for layer in (self._both.teacher, self._both.student)
        ]
        if shapes[0] != shapes[1] or outputs[0] != outputs[1]:
            raise InputError(
                "Layers that are crossed must have the same shapes, received "
                f"{shapes[0]} to {outputs[0]} in the teacher's "
                f"{self.teacher_layer!r} and {shapes[1]} to {outputs[1]} in "
                f"the student's {self.student_layer!r}. Let the student be a "
                "copy of the teacher."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        theirs = teacher[self.teacher_taps[0]]
        own = ops.stop_gradient(student[self.student_taps[0]])
        if self.mixing is not None:
            theirs = ops.cast(theirs, own.dtype)
            a, b = self.mixing
            return self._error(
                a * theirs + (1 - a) * own, (1 - b) * theirs + b * own
            )
        return self.correction * self._error(theirs, theirs) + (
            1 - self.correction
        ) * self._error(own, own)

    def _error(self, theirs, own):
        """Returns how the two layers' answers differ, `(batch,)`."""
        results = [
            ops.cast(layer(hidden), self.compute_dtype)
            for layer, hidden in (
                (self._both.teacher, theirs),
                (self._both.student, own),
            )
        ]
        return per_example(ops.square(results[0] - results[1]))

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_layer": self.teacher_layer,
            "student_layer": self.student_layer,
            "correction": self.correction,
            "mixing": self.mixing,
        }


def _linear(model, name):
    """A model of one layer alone, before its activation, sharing weights."""
    calls = taps.TapGraph(model).calls()
    found = {n: (layer, args) for n, layer, args, _ in calls}
    if name not in found:
        raise unknown(f"layer of model {model.name!r}", name, found)
    layer, args = found[name]
    alone = keras.Sequential(
        [keras.Input(batch_shape=args[0].shape, dtype=args[0].dtype), layer]
    )
    graph = taps.TapGraph(alone)
    return keras.Model(graph.inputs, graph.tensor(f"{layer.name}:pre"))
