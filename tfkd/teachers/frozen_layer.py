"""A frozen network as a layer of the network that is trained."""

import keras
from keras import ops

from tfkd.taps import Extractor
from tfkd.teachers import reference
from tfkd.untracked import Untracked


class FrozenLayer(keras.layers.Layer):
    """Returns a list of a network's taps, in inference mode.

    For methods in which teachers are part of the student's network in
    training. Like those of a `FrozenTeacher`, its weights are neither trained
    nor saved; no gradient reaches them.

    Args:
        model: A built `keras.Model`.
        taps: Names of taps.
        differentiable: Whether a gradient passes through it to its inputs,
            such as that of a critic to an image.
        **kwargs: Of a Keras layer.

    Raises:
        InputError: If a tap does not exist.
    """

    def __init__(self, model, taps, *, differentiable=False, **kwargs):
        # The network itself knows in which precision its inputs are read.
        super().__init__(autocast=False, **kwargs)
        self.taps = tuple(taps)
        self.differentiable = bool(differentiable)
        self._frozen = Untracked(extractor=Extractor(model, self.taps))
        self.trainable = False
        self.built = True

    def compute_output_spec(self, inputs):
        # A network can be built around a teacher whose weights come later.
        specs = self._frozen.extractor.specs
        return [
            keras.KerasTensor(specs[name].shape, specs[name].dtype)
            for name in self.taps
        ]

    def call(self, inputs):
        reference.check_present(self._frozen.extractor.model)
        found = self._frozen.extractor(inputs, training=False)
        tensors = [found[name] for name in self.taps]
        if self.differentiable:
            return tensors
        return [ops.stop_gradient(tensor) for tensor in tensors]
