"""What a lens sees of a sphere, and a sphere of a picture."""

import numpy as np

from tfkd import checks
from tfkd.errors import InputError


def perspective_view(panoramas, *, size, field=90.0, yaw=0.0, pitch=0.0):
    """Returns what a perspective camera sees of 360-degree images.

    A pixel at (u, v), both from -1 to 1 over the picture, is the direction
    (u tan(field / 2), -v tan(field / 2), 1), turned up by the pitch and then
    right by the yaw; its longitude and latitude are its place in the
    panorama, where the four nearest pixels are mixed.

    Args:
        panoramas: Equirectangular images `(examples, height, width,
            channels)`: longitude -180 to 180 degrees from left to right,
            latitude 90 to -90 from top to bottom.
        size: Pixels of a side of the picture, at least 1.
        field: Field of view in degrees, in (0, 180).
        yaw: Longitude of the picture's centre, in degrees.
        pitch: Its latitude, in degrees from -90 to 90.

    Returns:
        Images `(examples, size, size, channels)` in float32.

    Raises:
        InputError: If an argument is out of range.
    """
    x = _images(panoramas, "panoramas")
    turn, half = _camera(field, yaw, pitch)
    size = _size(size)
    across = _centres(size) * half
    rays = np.stack(
        [
            np.broadcast_to(across[None, :], (size, size)),
            np.broadcast_to(-across[:, None], (size, size)),
            np.ones((size, size)),
        ],
        axis=-1,
    )
    right, up, ahead = np.moveaxis(rays @ turn.T, -1, 0)
    longitude = np.arctan2(right, ahead)
    latitude = np.arctan2(up, np.hypot(right, ahead))
    height, width = x.shape[1:3]
    rows = (0.5 - latitude / np.pi) * height - 0.5
    columns = (0.5 + longitude / (2 * np.pi)) * width - 0.5
    return _mixed(x, np.clip(rows, 0, height - 1), columns, around=True)


def spherical_view(pictures, *, height, field=90.0, yaw=0.0, pitch=0.0):
    """Puts perspective pictures onto otherwise empty 360-degree images.

    The inverse of `perspective_view` with the same field, yaw and pitch.

    Args:
        pictures: Square images `(examples, size, size, channels)`.
        height: Pixels of 180 degrees, at least 1; the width is twice that.
        field: Field of view in degrees, in (0, 180).
        yaw: Longitude of the picture's centre, in degrees.
        pitch: Its latitude, in degrees from -90 to 90.

    Returns:
        Equirectangular images `(examples, height, 2 * height, channels)` in
        float32; zeros where the picture does not reach.

    Raises:
        InputError: If an argument is out of range, or a picture no square.
    """
    x = _images(pictures, "pictures")
    size = x.shape[1]
    if size != x.shape[2]:
        raise InputError(
            f"Pictures must be squares, received shape {x.shape}. Pad or crop "
            "them."
        )
    turn, half = _camera(field, yaw, pitch)
    height = _size(height)
    latitude = -_centres(height)[:, None] * np.pi / 2
    longitude = _centres(2 * height)[None, :] * np.pi
    rays = np.stack(
        [
            np.cos(latitude) * np.sin(longitude),
            np.broadcast_to(np.sin(latitude), (height, 2 * height)),
            np.cos(latitude) * np.cos(longitude),
        ],
        axis=-1,
    )
    right, up, ahead = np.moveaxis(rays @ turn, -1, 0)
    # Behind the camera nothing is seen.
    depth = np.where(ahead > 1e-6, ahead, 1e-6) * half
    columns, rows = right / depth, -up / depth
    seen = (ahead > 1e-6) & (np.abs(columns) <= 1) & (np.abs(rows) <= 1)
    places = [
        np.clip((0.5 + place / 2) * size - 0.5, 0, size - 1)
        for place in (rows, columns)
    ]
    return _mixed(x, *places, around=False) * seen[..., None]


def _images(x, name):
    x = np.asarray(x, "float32")
    if x.ndim != 4:
        raise InputError(
            f"{name} must be images (examples, height, width, channels), "
            f"received shape {x.shape}."
        )
    return x


def _size(size):
    checks.whole(1, size=size)
    return int(size)


def _camera(field, yaw, pitch):
    """Returns the turn of directions, and the tangent of half the field."""
    if not (0 < field < 180 and abs(yaw) < float("inf") and abs(pitch) <= 90):
        raise InputError(
            "A camera needs a field of view in (0, 180) degrees, a finite yaw "
            "and a pitch from -90 to 90, received "
            f"field={field!r}, yaw={yaw!r}, pitch={pitch!r}."
        )
    a, b = np.radians(yaw), np.radians(pitch)
    up = [[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]]
    side = [[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]]
    return np.array(side) @ np.array(up), np.tan(np.radians(field) / 2)


def _centres(count):
    """The centres of pixels, from -1 to 1."""
    return (2 * np.arange(count) + 1) / count - 1


def _mixed(x, rows, columns, around):
    """Bilinear samples; columns go around, or stay inside."""
    height, width = x.shape[1:3]
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    result = 0.0
    for row, vertical in ((top, 1 - down), (top + 1, down)):
        for column, horizontal in ((left, 1 - right), (left + 1, right)):
            inside = np.minimum(row, height - 1)
            place = column % width if around else np.minimum(column, width - 1)
            result = result + x[:, inside, place] * vertical * horizontal
    return result.astype("float32")
