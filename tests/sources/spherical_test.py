import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import perspective_view
from tfkd.sources import spherical_view


def directions(height):
    """A panorama whose channels are the direction of each pixel."""
    latitude = np.pi * (0.5 - (np.arange(height) + 0.5) / height)[:, None]
    longitude = np.pi * ((np.arange(2 * height) + 0.5) / height - 1)[None, :]
    x = np.cos(latitude) * np.sin(longitude)
    y = np.broadcast_to(np.sin(latitude), x.shape)
    z = np.cos(latitude) * np.cos(longitude)
    return np.stack([x, y, z], axis=-1)[None]


def centre(yaw, pitch):
    """The middle of a small picture of the sphere of directions."""
    view = perspective_view(
        directions(90), size=3, field=10, yaw=yaw, pitch=pitch
    )
    return view[0, 1, 1]


@pytest.mark.parametrize(
    ("yaw", "pitch", "expected"),
    [
        (0, 0, [0, 0, 1]),
        (90, 0, [1, 0, 0]),
        (180, 0, [0, 0, -1]),
        (0, 60, [0, 3**0.5 / 2, 0.5]),
        # Up first, and then around.
        (90, 60, [0.5, 3**0.5 / 2, 0]),
    ],
)
def test_the_centre_of_a_picture_is_where_the_camera_looks(
    yaw, pitch, expected
):
    np.testing.assert_allclose(centre(yaw, pitch), expected, atol=2e-3)


def test_pixels_are_evenly_spaced_tangents():
    # 4 pixels of a field of 90 degrees: -3/4, -1/4, 1/4, 3/4 to the right,
    # and the first row is 3/4 up.
    view = perspective_view(directions(180), size=4, field=90)[0]
    slopes = view[..., :2] / view[..., 2:]
    expected = np.array([-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_allclose(slopes[0, :, 0], expected, atol=2e-3)
    np.testing.assert_allclose(slopes[:, 0, 1], -expected, atol=2e-3)


def test_a_view_of_the_back_has_no_seam():
    x = np.broadcast_to(np.arange(4.0)[None, :, None, None], (1, 4, 8, 1))
    front, back = (perspective_view(x, size=5, yaw=a) for a in (0, 180))
    np.testing.assert_allclose(front, back, atol=1e-5)


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (170, 0), (30, 50)])
def test_a_picture_comes_back_from_the_sphere(yaw, pitch):
    row = np.linspace(0, 1, 8, dtype="float32")
    picture = (row[:, None] + 2 * row[None, :])[None, ..., None]
    camera = {"field": 80, "yaw": yaw, "pitch": pitch}
    sphere = spherical_view(picture, height=180, **camera)
    again = perspective_view(sphere, size=8, **camera)
    inner = np.s_[:, 1:-1, 1:-1]
    np.testing.assert_allclose(again[inner], picture[inner], atol=0.03)


def test_what_the_picture_does_not_reach_is_empty():
    sphere = spherical_view(np.ones((1, 4, 4, 1)), height=60, field=90)
    assert sphere.shape == (1, 60, 120, 1)
    assert np.all(sphere[0, 30, 46:74] == 1)
    assert np.all(sphere[0, 30, :44] == 0)
    # A camera's field of 90 degrees both ways is a sixth of the sphere.
    weight = np.cos(np.pi * (0.5 - (np.arange(60) + 0.5) / 60))[:, None]
    share = np.sum(sphere[0, ..., 0] * weight) / (120 * np.sum(weight))
    np.testing.assert_allclose(share, 1 / 6, rtol=0.02)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"field": 180}, "field of view"),
        ({"pitch": 91}, "pitch from -90"),
        ({"yaw": float("nan")}, "field of view"),
        ({"size": 0}, "size must be a whole number"),
        ({"panoramas": np.ones((4, 8, 1))}, "panoramas must be images"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    arguments = {"panoramas": np.ones((1, 4, 8, 1)), "size": 4, **arguments}
    with pytest.raises(InputError, match=match):
        perspective_view(arguments.pop("panoramas"), **arguments)


def test_pictures_are_squares():
    with pytest.raises(InputError, match="must be squares"):
        spherical_view(np.ones((1, 4, 6, 1)), height=8)
