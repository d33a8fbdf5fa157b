"""Which way up a photo is: cameras store it as they held it, and say so.

The tag `Orientation` of EXIF (CIPA DC-008, 4.6.4) is a number from 1, upright,
to 8. Viewers heed it, and so must training: an application on the phone hands
the model an image that is upright.
"""

import numpy as np

_TAG = 0x0112
_JPEG = b"\xff\xd8"
_EXIF = b"Exif\0\0"
# JPEG's markers (ITU-T T.81, table B.1): an application's segment, those that
# stand alone, and those at which the headers end.
_APP1 = 0xE1
_ALONE = (0x01, *range(0xD0, 0xD8))
_END = (0xD9, 0xDA)
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
    segment = _exif(data) if data.startswith(_JPEG) else None
    if segment is None:
        return UPRIGHT
    from PIL import Image

    exif = Image.Exif()
    try:
        # Not `Image.open`: it refuses photos of 179 megapixels and more.
        exif.load(segment)
        return exif.get(_TAG, UPRIGHT)
    except Exception:
        # Pillow raises whatever a damaged tag leads to; viewers ignore it.
        return UPRIGHT


def _exif(data):
    """Returns the first EXIF segment of a JPEG's headers, None without one."""
    place = len(_JPEG)
    while data[place : place + 1] == b"\xff" and place + 4 <= len(data):
        marker = data[place + 1]
        if marker in _END:
            break
        if marker == 0xFF or marker in _ALONE:
            # A byte that fills, or a marker without a segment.
            place += 1 if marker == 0xFF else 2
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        segment = data[place + 4 : end]
        if marker == _APP1 and segment.startswith(_EXIF):
            return segment
        place = end
    return None


def upright(image, orientation):
    """Returns an image (height, width, channels) turned as its camera was.

    Args:
        image: A NumPy array as it was stored.
        orientation: From `read`; what is no number from 2 to 8 turns nothing.
    """
    turn = _TURNS.get(orientation)
    return image if turn is None else np.ascontiguousarray(turn(image))
