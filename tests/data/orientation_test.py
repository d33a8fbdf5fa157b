import io

import numpy as np
import pytest
from PIL import Image
from PIL import ImageOps

from tfkd.data import image_folder
from tfkd.data import orientation


def photo(number, size=(6, 4)):
    """A JPEG of (height, width) whose camera says `number`."""
    height, width = size
    values = np.linspace(0, 255, height * width * 3).reshape(height, width, 3)
    exif = Image.Exif()
    exif[0x0112] = number
    buffer = io.BytesIO()
    image = Image.fromarray(values.astype(np.uint8))
    image.save(buffer, "JPEG", exif=exif, quality=100, subsampling=0)
    return buffer.getvalue()


@pytest.mark.parametrize("number", range(1, 9))
def test_photos_are_turned_as_viewers_turn_them(number):
    data = photo(number)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    got = image_folder.decode_image(data, 3, "a photo")
    assert got.shape == ((6, 4, 3) if number < 5 else (4, 6, 3))
    # TensorFlow decodes faster and less exactly than Pillow; a wrong turn
    # differs by up to 255.
    difference = got.astype(int) - np.asarray(expected, int)
    assert np.abs(difference).max() <= 12


@pytest.mark.parametrize("number", [0, 9, 300])
def test_a_number_that_means_nothing_turns_nothing(number):
    got = image_folder.decode_image(photo(number), 3, "a photo")
    assert got.shape == (6, 4, 3)


def test_a_damaged_tag_turns_nothing():
    data = photo(6)
    start = data.index(b"Exif\0\0") + 6
    broken = data[:start] + b"\xff" * 16 + data[start + 16 :]
    assert orientation.read(data) == 6
    assert orientation.read(broken) == orientation.UPRIGHT


@pytest.mark.parametrize("size", [(9000, 12000), (12240, 16320)])
def test_photos_of_very_many_pixels_are_turned_too(size):
    data = bytearray(photo(6))
    # The frame's header: marker, length, bits, height, width.
    place = data.index(b"\xff\xc0") + 5
    for number, side in enumerate(size):
        start = place + 2 * number
        data[start : start + 2] = side.to_bytes(2, "big")
    assert orientation.read(bytes(data)) == 6


@pytest.mark.parametrize(
    "before", [b"\xff\xfe\0\5abc", b"\xff\xe1\0\6http", b"\xff", b"\xff\x01"]
)
def test_the_tag_is_found_behind_other_segments(before):
    data = photo(6)
    assert orientation.read(data[:2] + before + data[2:]) == 6


@pytest.mark.parametrize("end", [b"", b"\xff", b"\xff\xe1\0\0", b"\xff\xd9"])
def test_a_jpeg_without_headers_is_upright(end):
    assert orientation.read(b"\xff\xd8" + end) == orientation.UPRIGHT


def test_what_is_no_jpeg_is_not_looked_into():
    assert orientation.read(b"") == orientation.UPRIGHT
    buffer = io.BytesIO()
    Image.new("L", (2, 3)).save(buffer, "PNG")
    assert orientation.read(buffer.getvalue()) == orientation.UPRIGHT
