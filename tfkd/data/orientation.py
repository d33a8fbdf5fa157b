"""Which way up a photo is: cameras store it as they held it, and say so.

The tag `Orientation` of EXIF (CIPA DC-008, 4.6.4) is a number from 1, upright,
to 8. Viewers heed it, and so must training: an application on the phone hands
the model an image that is upright.
"""

import io

import numpy as np

_TAG = 0x0112
_JPEG = b"\xff\xd8"
UPRIGHT = 1
_TURNS = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: lambda image: np.rot90(image),
}


def read(data):
    """Returns the orientation of an encoded image, 1 if it has none.

    Args:
        data: Bytes of a file; only a JPEG is looked into.
    """
    if not data.startswith(_JPEG):
        return UPRIGHT
    from PIL import Image

    try:
        # Reads the file's header only.
        return Image.open(io.BytesIO(data)).getexif().get(_TAG, UPRIGHT)
    except Exception:
        # Pillow raises whatever a damaged tag leads to; viewers ignore it.
        return UPRIGHT


def upright(image, orientation):
    """Returns an image (height, width, channels) turned as its camera was.

    Args:
        image: A NumPy array as it was stored.
        orientation: From `read`; what is no number from 2 to 8 turns nothing.
    """
    turn = _TURNS.get(orientation)
    return image if turn is None else np.ascontiguousarray(turn(image))
