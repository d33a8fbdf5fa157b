"""What quantization does to each layer, measured on the exported files."""

import numpy as np

from tfkd.export import litert
from tfkd.export.inspect import inspect
from tfkd.metrics.infra_gates import NOTHING_LOST


def measure(path, reference, images):
    """Compares the layers of a file with those of its float twin.

    Equation:
        SQNR = 10 log10( sum f^2 / sum (f - q)^2 )

        f a layer's output in the float file, q the same in the other one as
        real numbers, both summed over images and units. Errors of earlier
        layers are in it, as on the phone.

    Both run on the runtime's own kernels, without XNNPACK, which keeps
    nothing between layers.

    Args:
        path: A `.tflite` file.
        reference: The float32 file of the same model.
        images: Raw pixels `(count, height, width, channels)`.

    Returns:
        One dict for each layer that both files have, the worst first:
        `layer`, `op` and `sqnr_db`, at most 200: nothing is lost.
    """
    floats, others = _outputs(reference), _outputs(path)
    shared = [layers for layers in floats if layers in others]
    signal = dict.fromkeys(shared, 0.0)
    noise = dict.fromkeys(shared, 0.0)
    runners = [_Runner(reference, floats), _Runner(path, others)]
    for image in np.asarray(images, np.float32):
        expected, found = (runner.run(image, shared) for runner in runners)
        for layers in shared:
            if expected[layers].shape == found[layers].shape:
                difference = expected[layers] - found[layers]
                signal[layers] += float(np.square(expected[layers]).sum())
                noise[layers] += float(np.square(difference).sum())
    rows = [
        {
            "layer": ", ".join(layers),
            "op": others[layers].name,
            "sqnr_db": _decibels(signal[layers], noise[layers]),
        }
        for layers in shared
        if signal[layers] > 0
    ]
    return sorted(rows, key=lambda row: row["sqnr_db"])


def _decibels(signal, noise):
    if signal >= 1e20 * noise:
        return NOTHING_LOST
    return float(10 * np.log10(signal / noise))


def _outputs(path):
    """Returns a layer's names to the last operation that it was made of."""
    return {op.layers: op for op in inspect(path).operations if op.layers}


class _Runner:
    """An interpreter that keeps what is between the layers."""

    def __init__(self, path, operations):
        self._model = litert.LiteRTModel(
            path, xnnpack=False, experimental_preserve_all_tensors=True
        )
        self._tensors = {
            details["name"]: details
            for details in self._model.interpreter.get_tensor_details()
        }
        self._operations = operations

    def run(self, image, wanted):
        """Returns layers to what they give for one image, as float32."""
        self._model.invoke(self._model.input.quantize(image[None]))
        return {layers: self._real(layers) for layers in wanted}

    def _real(self, layers):
        details = self._tensors[self._operations[layers].tensor]
        values = self._model.interpreter.get_tensor(details["index"])
        scale, zero_point = details["quantization"]
        values = values.astype(np.float32)
        return (values - zero_point) * scale if scale else values
