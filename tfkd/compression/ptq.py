"""Post-training quantization: no training, a few hundred images."""

from tfkd.errors import InputError
from tfkd.export.convert import Conversion
from tfkd.export.convert import check_calibration
from tfkd.export.convert import convert
from tfkd.export.inspect import inspect
from tfkd.export.litert import LiteRTModel

# Operations that TensorFlow's converter keeps in float whatever it is asked,
# and what to build the model of instead.
_INSTEAD = {
    "ELU": "relu or relu6",
    "EXP": "relu6 or hard_swish",
    "NEG": "BatchNormalization instead of LayerNormalization",
    "SQUARE": "BatchNormalization instead of GroupNormalization",
    "CONV_3D": "two-dimensional convolutions",
}


def int8_ptq(student, *, data, destination, source=None, tmp_dir=None):
    """Quantizes weights and activations to 8 bits; uint8 in and out.

    Weights are int8, one scale a channel; activations int8, one scale a
    tensor, from the ranges that `data.images` reach. Where pixels are 0 to
    255, the input scale is 1: a camera's bytes go straight in.

    Args:
        student: Path of a `.keras` file from raw images to logits.
        data: `CompressionData` with representative images.
        destination: Path of the `.tflite` file.
        source: The config's model dict that the student was built from.
        tmp_dir: Scratch directory.

    Returns:
        What `compression.json` holds on it.

    Raises:
        InputError: If the images cannot calibrate, or an operation stays in
            float.
        RuntimeError: If the converter fails, or the result does not run.
    """
    check_calibration(data.images, data.value_range)
    conversion = Conversion(
        model=student,
        destination=destination,
        mode="int8",
        calibration=data.images,
        source=source,
    )
    convert([conversion], tmp_dir=tmp_dir)
    contents = inspect(destination)
    if not contents.fully_integer:
        raise InputError(_float_message(contents))
    # Converted counts only once it ran with finite outputs.
    LiteRTModel(destination).predict(data.images[:8])
    return {
        "bytes": contents.num_bytes,
        "calibration": {
            "examples": len(data.images),
            "range": [float(data.images.min()), float(data.images.max())],
        },
        "fully_integer": True,
        "operations": contents.op_counts,
    }


def _float_message(contents):
    stuck = [op for op in contents.float_ops if "QUANTIZE" not in op]
    advice = [f"{op}: use {_INSTEAD[op]}" for op in stuck if op in _INSTEAD]
    return (
        "int8_ptq must leave no float tensor; these operations stay in "
        f"float: {', '.join(stuck) or 'QUANTIZE'}. "
        f"{'; '.join(advice) or 'Replace the layers that make them'}, or "
        "export float32 only."
    )
