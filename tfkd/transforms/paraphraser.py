"""A convolutional autoencoder whose code is the teacher's factor."""

import keras

from tfkd.errors import InputError
from tfkd.transforms.base import Transform
from tfkd.transforms.translator import Translator


@keras.saving.register_keras_serializable("tfkd")
class Paraphraser(Transform):
    """Encodes a map into fewer channels, and decodes it again.

    Equation:  factor(F) = encoder(F),  P(F) = decoder(encoder(F))
    Symbols:   F (batch, height, width, m); factor (batch, height, width,
               k m); k = `rate`.
    Paper:     Kim et al., *Paraphrasing Complex Network: Network Compression
               via Factor Transfer*, NeurIPS 2018, arXiv:1802.04977, Sec 3.
               Its transposed convolutions have stride 1: convolutions with
               mirrored kernels, the same functions. No batch normalization,
               as in the authors' released code.

    Args:
        rate: k > 0; k m is rounded down, and at least 1.

    Raises:
        InputError: If `rate` is not positive, or the tap is not 4-D.
    """

    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        if not rate > 0:
            raise InputError(
                f"rate must be > 0, received {rate!r}. 0.5 halves the channels."
            )
        self.rate = rate

    def build(self, input_shape):
        if len(input_shape) != 4:
            raise InputError(
                "A paraphraser needs a tap of shape (batch, height, width, "
                f"channels), received {tuple(input_shape)}. Choose a "
                "convolutional tap."
            )
        channels = input_shape[-1]
        self.units = max(1, int(self.rate * channels))
        policy = self.dtype_policy
        self.encoder = Translator(self.units, name="encoder", dtype=policy)
        self.decoder = Translator(channels, name="decoder", dtype=policy)
        self.encoder.build(input_shape)
        self.decoder.build((*input_shape[:-1], self.units))

    def call(self, x):
        return self.encoder(x)

    def reconstruct(self, x):
        """Returns P(x), of the shape of `x`."""
        return self.decoder(self.encoder(x))

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}
