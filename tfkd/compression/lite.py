"""A legacy Keras model of quantized or float layers to a `.tflite` file."""

import tempfile

from tfkd.export.convert import INPUT
from tfkd.export.convert import OUTPUT
from tfkd.export.convert import SIGNATURE

# The scale that TFLite's integer softmax prescribes is 1/256.
_LARGEST_PROBABILITY = 255 / 256


def integer_file(model, shape, bits=8):
    """Returns a `.tflite` file whose every tensor is an integer.

    Ranges come from the model's own fake quantization. uint8 in and out; the
    signature is that of `tfkd.export.convert`.

    Args:
        model: `QuantizedModel.model`.
        shape: `(height, width, channels)` of an image.
        bits: Bits of a weight; 4 packs two into a byte.
    """
    import tensorflow as tf

    class Served(tf.Module):
        def __init__(self):
            super().__init__()
            # Only its variables: as an attribute, the model would be saved
            # with a function for each layer, which takes most of the time.
            self.kept = model.variables

        @tf.function(
            input_signature=[tf.TensorSpec([1, *shape], tf.float32, name=INPUT)]
        )
        def serve(self, image):
            probabilities = tf.nn.softmax(model(image, training=False))
            return {
                OUTPUT: tf.quantization.fake_quant_with_min_max_args(
                    probabilities, 0.0, _LARGEST_PROBABILITY
                )
            }

    served = Served()
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(
            served, folder, signatures={SIGNATURE: served.serve}
        )
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=[SIGNATURE]
        )
        # No representative data: the model carries its ranges, and integer
        # built-ins alone would ask for some.
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
        converter._experimental_low_bit_qat = bits < 8
        return converter.convert()
