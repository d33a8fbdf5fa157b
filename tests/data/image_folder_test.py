import numpy as np
import pytest
import tensorflow as tf

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
    for position, image in zip((1, 4), images):
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
    images = list(found.images("train", [0, 1]))
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


def test_an_unknown_folder_beside_train_is_refused(tmp_path):
    fill(tmp_path / "train")
    fill(tmp_path / "extra")
    with pytest.raises(InputError, match="Move 'extra' elsewhere"):
        reader(tmp_path)
