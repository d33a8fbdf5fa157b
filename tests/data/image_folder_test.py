import io
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfkd.data import image_folder
from tfkd.errors import InputError


def save(path, value, size=(6, 4), channels=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((*size, channels), value, np.uint8)
    encode = tf.io.encode_jpeg if path.suffix != ".png" else tf.io.encode_png
    path.write_bytes(encode(image).numpy())


def reader(path, **changes):
    source = {"kind": "image_folder", "path": str(path), "image_size": [6, 4]}
    return image_folder.ImageFolderReader(source | changes, "")


def pixels(found, positions):
    return [image for _, image in found.images("train", positions)]


def fill(root):
    for label, name in enumerate(("cat", "dog")):
        for i in range(3):
            save(root / name / f"{i}.png", 50 * label + i)


def test_labels_and_pixels_come_from_the_folders(tmp_path):
    fill(tmp_path)
    found = reader(tmp_path)
    rows = found.rows("train")
    assert sorted(zip(rows.keys, rows.labels)) == [
        (f"{name}/{i}.png", label)
        for label, name in enumerate(("cat", "dog"))
        for i in range(3)
    ]
    assert found.describe()["class_names"] == ["cat", "dog"]
    images = list(found.images("train", [1, 4]))
    for position, (digest, image) in zip((1, 4), images):
        assert digest == rows.digests[position]
        i = int(rows.keys[position][4])
        expected = 50 * rows.labels[position] + i
        np.testing.assert_array_equal(
            image, np.full((6, 4, 3), expected, np.uint8)
        )


def test_classes_do_not_follow_each_other(tmp_path):
    for name in ("cat", "dog"):
        for i in range(20):
            save(tmp_path / name / f"{i}.png", i, size=(1, 1))
    labels = reader(tmp_path).rows("train").labels
    assert labels != sorted(labels)


def test_split_folders_are_used(tmp_path):
    for split in ("train", "val", "test"):
        fill(tmp_path / split)
    found = reader(tmp_path)
    assert sorted(found.splits()) == ["eval", "test", "train"]
    assert found.rows("eval").keys[0].startswith("val/")


def test_images_are_resized_and_converted(tmp_path):
    save(tmp_path / "a" / "1.jpg", 200, (30, 20))
    save(tmp_path / "b" / "1.png", 100, (3, 9), channels=1)
    found = reader(tmp_path, image_size=[5, 7], channels=1)
    images = pixels(found, [0, 1])
    values = {200: "a", 100: "b"}
    keys = found.rows("train").keys
    for image, key in zip(images, keys):
        assert image.shape == (5, 7, 1)
        assert image.dtype == np.uint8
        nearest = min(values, key=lambda v: abs(v - image.mean()))
        assert values[nearest] == key[0]
        assert abs(image.astype(int) - nearest).max() <= 1


@pytest.mark.parametrize("content", [b"no image", b"", "cut"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    fill(tmp_path)
    bad = tmp_path / "dog" / "bad.jpg"
    save(bad, np.arange(0, 240, 10).reshape(6, 4, 1))
    if content == "cut":
        content = bad.read_bytes()[:200]
    bad.write_bytes(content)
    found = reader(tmp_path)
    position = found.rows("train").keys.index("dog/bad.jpg")
    with pytest.raises(InputError, match="dog/bad.jpg must be a PNG or JPEG"):
        list(found.images("train", [position]))


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "CMYK"), ("GIF", "RGB"), ("BMP", "RGB")]
)
def test_all_that_has_colour_can_become_grey(kind, mode):
    buffer = io.BytesIO()
    image = Image.new("RGB", (8, 8), (200, 50, 10)).convert(mode)
    image.save(buffer, kind)
    grey = image_folder.decode_image(buffer.getvalue(), 1, "an image")
    assert grey.shape == (8, 8, 1)
    # 0.299 * 200 + 0.587 * 50 + 0.114 * 10 = 90.29.
    assert np.abs(grey.astype(int) - 90).max() <= 2


def test_a_file_that_has_gone_says_that_the_data_change(tmp_path):
    fill(tmp_path)
    found = reader(tmp_path)
    (tmp_path / "cat" / "1.png").unlink()
    with pytest.raises(InputError, match="'cat/1.png' or .* was changed"):
        found._read("cat/1.png")
    # Positions that are there no more end it.
    assert len(pixels(found, [0, 5])) == 1


def test_other_files_and_empty_classes_are_refused(tmp_path):
    fill(tmp_path)
    (tmp_path / "owl").mkdir()
    (tmp_path / "owl" / ".hidden").write_text("")
    with pytest.raises(InputError, match="owl must hold images, it is empty"):
        reader(tmp_path).rows("train")
    (tmp_path / "owl" / "notes.txt").write_text("")
    with pytest.raises(InputError, match="notes.txt is none"):
        reader(tmp_path).rows("train")


def test_one_class_is_refused(tmp_path):
    save(tmp_path / "cat" / "1.png", 1)
    with pytest.raises(
        InputError, match=r"two class folders, it has \['cat'\]"
    ):
        reader(tmp_path).check()


def test_splits_must_have_the_same_classes(tmp_path):
    fill(tmp_path / "train")
    save(tmp_path / "test" / "cat" / "1.png", 1)
    with pytest.raises(InputError, match=r"test has \['cat'\]"):
        reader(tmp_path)


def test_accents_that_are_spelled_in_two_ways_are_one_class(tmp_path):
    for form, split in (("NFC", "train"), ("NFD", "test")):
        for label, name in enumerate(("zebra", "caf\u00e9")):
            folder = tmp_path / split / unicodedata.normalize(form, name)
            save(folder / "1.png", 50 * label)
    found = reader(tmp_path)
    assert found.describe()["class_names"] == ["caf\u00e9", "zebra"]
    rows = found.rows("test")
    images = [image for _, image in found.images("test", [0, 1])]
    # Of "cafe", the first class, all pixels are 50.
    assert [50 * (1 - label) for label in rows.labels] == [
        image[0, 0, 0] for image in images
    ]
    save(tmp_path / "test" / "caf\u00e9" / "1.png", 1)
    with pytest.raises(InputError, match=r"are both the class .* Join them"):
        reader(tmp_path)


@pytest.mark.parametrize("names", [("Cat", "cat"), ("cat", "cat ")])
def test_classes_that_differ_by_case_or_spaces_are_refused(tmp_path, names):
    for name in names:
        save(tmp_path / name / "1.png", 1)
    with pytest.raises(InputError, match=f"are '{names[0]}' and '{names[1]}'"):
        reader(tmp_path)


def test_letters_may_differ_by_case():
    image_folder.check_names(["A", "B", "a", "b"])


def test_an_unknown_folder_beside_train_is_refused(tmp_path):
    fill(tmp_path / "train")
    fill(tmp_path / "extra")
    with pytest.raises(InputError, match="Move 'extra' elsewhere"):
        reader(tmp_path)
