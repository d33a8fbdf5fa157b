"""Conversion modes by name: what numbers a file holds, and who makes it.

All are made by TensorFlow's converter. `ai-edge-quantizer` 0.10 is the
alternative for those that quantize; measured side by side, on one student of
13,450 weights (Fashion-MNIST, float32: 59,288 bytes, 87.3 %, 25.8 us on one
x86 core):

| mode | TensorFlow's converter | ai-edge-quantizer |
|---|---|---|
| `float16` | 35,856 bytes, 87.3 %, 25.8 us | none |
| `dynamic_int8` | 26,744 bytes, 87.3 %, 23.6 us | 22,800 bytes, 87.3 %, 68 us |
| `int8` | 26,584 bytes, 87.3 %, 19.7 us | 25,968 bytes, 87.2 %, 24 us |
| `int8_signed` | 26,216 bytes, 87.3 %, 19.1 us | see `int8` |
| `int16x8` | 29,520 bytes, 87.2 %, 1,536 us | does not allocate |
| 4-bit weights | none | 17,856 bytes, 41.1 %, 85 us |

An accuracy there has a standard error of 0.3 points. Weights of 4 bits are no
mode, see `REFUSED`.
"""

import dataclasses

from tfkd.errors import InputError
from tfkd.errors import unknown


@dataclasses.dataclass(frozen=True)
class Mode:
    """What a file of one mode must be.

    Attributes:
        name: Key in configs.
        summary: What it is, in one line.
        weights: Type that constants of the file must have.
        calibrated: Whether it needs representative images.
        integer: Whether no tensor may be a float.
        selective: Whether some layers are kept in float.
    """

    name: str
    summary: str
    weights: str
    calibrated: bool = False
    integer: bool = False
    selective: bool = False


_MODES = {
    mode.name: mode
    for mode in (
        Mode("float32", "as it was trained", "FLOAT32"),
        Mode(
            "float16",
            "weights of half the size, computed in float32 where the device "
            "has no half floats",
            "FLOAT16",
        ),
        Mode(
            "dynamic_int8",
            "int8 weights of layers with 1,024 or more; activations are "
            "quantized while it runs",
            "INT8",
        ),
        Mode(
            "int8",
            "every tensor an integer, uint8 in and out: a camera's bytes",
            "INT8",
            calibrated=True,
            integer=True,
        ),
        Mode(
            "int8_signed",
            "every tensor an integer, int8 in and out: what accelerators for "
            "int8 alone ask for",
            "INT8",
            calibrated=True,
            integer=True,
        ),
        Mode(
            "int8_selective",
            "int8 in and out, with named or the most sensitive layers in "
            "float32",
            "INT8",
            calibrated=True,
            selective=True,
        ),
        Mode(
            "int16x8",
            "int16 activations, in and out, and int8 weights: nearly float, "
            "but slow where kernels are not tuned for it",
            "INT8",
            calibrated=True,
            integer=True,
        ),
    )
}
# What a user may look for, and what there is instead.
REFUSED = {
    "int4": "Weights of 4 bits, quantized after training, fell from 87.3 to "
    "41.1 % on Fashion-MNIST and ran three times as long as float32. Use the "
    "compression recipe 'int4_qat', which trains them, or 'int8'.",
}


def names():
    """Returns the names of all modes."""
    return tuple(_MODES)


def get(name):
    """Returns the `Mode` of that name.

    Raises:
        InputError: If there is none.
    """
    if name in REFUSED:
        raise InputError(
            f"The conversion mode {name!r} is not offered. {REFUSED[name]}"
        )
    if name not in _MODES:
        raise unknown("conversion mode", name, _MODES)
    return _MODES[name]
