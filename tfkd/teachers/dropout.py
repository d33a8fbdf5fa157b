"""A teacher whose dropout stays on."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.taps import TapGraph
from tfkd.teachers.rewritten import RewrittenTeacher
from tfkd.untracked import Untracked

_SPATIAL = (
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)


@keras.saving.register_keras_serializable("tfkd")
class DropoutTeacher(RewrittenTeacher):
    """A frozen model that drops units in inference, anew at every batch.

    Everything else is in inference mode: batch normalization, and Gaussian
    and alpha dropout too.

    Equation:  z_t = f(x; m / (1 - p)),  m_i ~ Bernoulli(1 - p)
    Symbols:   f the model with the mask m on what a dropout layer receives;
               p its rate.

    Args:
        model: See `RewrittenTeacher`.
        rate: p in [0, 1) of all dropout layers; each its own if absent.
        taps: Names of layers whose result is dropped as well, at `rate`:
            for models without dropout layers.
        **kwargs: See `RewrittenTeacher`.

    Raises:
        InputError: If there is nothing to drop, or a rate is out of range.
    """

    def __init__(self, model, *, rate=None, taps=(), **kwargs):
        super().__init__(model, **kwargs)
        if rate is not None and not 0 <= rate < 1:
            raise InputError(
                f"rate must be in [0, 1), received {rate!r}. It is the share "
                "of units that are dropped."
            )
        if taps and rate is None:
            raise InputError(
                "DropoutTeacher needs a rate where it is to drop the results "
                f"of layers without one, received taps={tuple(taps)} and no "
                "rate. For example rate=0.4."
            )
        self.rate = rate
        self.taps = tuple(taps)
        known = TapGraph(self.model).names() if self.taps else ()
        for tap in self.taps:
            if tap not in known:
                raise unknown(f"layer of {self.model.name!r}", tap, known)

    def connect(self, taps, student):
        self._rewritten = Untracked(count=0)
        specs = super().connect(taps, student)
        if not self._rewritten.count:
            raise InputError(
                "DropoutTeacher needs a model with dropout layers, and "
                f"{self.model.name!r} has none. Name layers whose results "
                "are dropped: taps=('embedding',), rate=0.4."
            )
        return specs

    def rewrite(self, name, layer, args, outputs):
        if isinstance(layer, keras.layers.Dropout):
            rate = layer.rate if self.rate is None else self.rate
            outputs = self._drop(args[0], rate, _noise_shape(layer, args[0]))
        if name in self.taps:
            outputs = self._drop(outputs, self.rate)
        return outputs

    def _drop(self, x, rate, noise_shape=None):
        self._rewritten.count += 1
        layer = _Drop(rate, noise_shape, self.seed_generator, dtype=x.dtype)
        return layer(x)

    def get_config(self):
        return {
            **super().get_config(),
            "rate": self.rate,
            "taps": list(self.taps),
        }


class _Drop(keras.layers.Layer):
    """Drops in training and in inference."""

    def __init__(self, rate, noise_shape, generator, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed_generator = generator
        self.built = True

    def call(self, x):
        shape = self.noise_shape
        if shape is not None:
            sizes = ops.shape(x)
            shape = [sizes[i] if n is None else n for i, n in enumerate(shape)]
        return keras.random.dropout(
            x, self.rate, noise_shape=shape, seed=self.seed_generator
        )

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)


def _noise_shape(layer, x):
    """Sizes of the mask, `None` for those of the tensor."""
    if not isinstance(layer, _SPATIAL):
        return layer.noise_shape
    ones = [1] * (len(x.shape) - 2)
    if layer.get_config().get("data_format") == "channels_first":
        return [None, None, *ones]
    return [None, *ones, None]
