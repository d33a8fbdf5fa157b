import os
import pathlib

import pytest

from tfkd.data import source
from tfkd.errors import InputError


def tfrecord(tmp_path, **changes):
    (tmp_path / "a.tfrecord").write_bytes(b"x")
    return {
        "kind": "tfrecord",
        "pattern": str(tmp_path / "*.tfrecord"),
        "features": {"image": "i", "label": "l"},
        "image_encoding": "raw_uint8",
        "image_shape": [2, 2, 1],
    } | changes


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ({"kind": "tdfs"}, "no source kind named 'tdfs'. Closest: 'tfds'"),
        ({"kind": "tfds"}, "must have 'name'"),
        (
            {"kind": "tfds", "name": "digits", "eval_fractoin": 0.1},
            "'eval_fractoin'. Closest: 'eval_fraction'",
        ),
        (
            {"kind": "tfds", "name": "digits", "eval_fraction": 1.0},
            "eval_fraction must be a number between 0 and 1",
        ),
        (
            {"kind": "tfds", "name": "digits", "test_fraction": True},
            "test_fraction must be a number between 0 and 1",
        ),
        (
            {"kind": "tfds", "name": "digits", "max_examples": 0},
            "max_examples must be a positive integer",
        ),
        (
            {"kind": "tfds", "name": "digits", "max_examples": {"tran": 5}},
            "no split named 'tran'. Closest: 'train'",
        ),
        (
            {"kind": "tfds", "name": "digits", "class_names": ["a", "a"]},
            "class_names must be a list of names, each once",
        ),
        (
            {"kind": "tfds", "name": "digits", "class_names": "ab"},
            "class_names must be a list of names",
        ),
        (
            {"kind": "tfds", "name": "digits", "path": "."},
            "path is for name 'fashion_mnist' only",
        ),
        (
            {"kind": "tfds", "name": "cifar10", "data_dir": "/no/such"},
            "data_dir must be an existing folder, received '/no/such'",
        ),
        (
            {"kind": "image_folder", "path": "/no/such", "image_size": [8, 8]},
            "path must be an existing folder, received '/no/such'",
        ),
        (
            {"kind": "image_folder", "path": pathlib.Path(), "image_size": [8]},
            r"source.path must be a text, received .* str\(path\)",
        ),
        (
            {"kind": "image_folder", "path": ".", "image_size": [8]},
            "image_size must be 2 positive integers",
        ),
        (
            {
                "kind": "image_folder",
                "path": ".",
                "image_size": [8, 8],
                "channels": 2,
            },
            "channels must be 1",
        ),
    ],
)
def test_mistakes_are_explained(bad, match):
    with pytest.raises(InputError, match=match):
        source.check(bad)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"pattern": "/no/such*"}, "'/no/such\\*' matches none"),
        ({"pattern": {"eval": "*"}}, "name the files of the 'train' split"),
        ({"image_encoding": "png"}, "no image encoding named 'png'"),
        ({"image_shape": [2, 2]}, "image_shape must be 3 positive integers"),
        (
            {"image_encoding": "encoded", "image_shape": [2, 2, 2]},
            r"1 \(grey\), .* received 2 channels",
        ),
        ({"pattern": ["*"]}, r"pattern must be a text, or a dict .* \['\*'\]"),
        ({"pattern": {"train": 1}}, r"pattern\['train'\] must be a text"),
        ({"pattern": "*"}, "match files only, folder is a folder"),
        (
            {"pattern": {"train": "a.*", "test": "folder/../*.tfrecord"}},
            "one split, the patterns of 'train' and of 'test' both match",
        ),
        ({"value_range": [1, 0]}, "of which the first is less"),
        ({"value_range": [0, None]}, "value_range must be the lowest and"),
        ({"value_range": [0, float("inf")]}, "value_range must be the lowest"),
        ({"value_range": "01"}, "value_range must be the lowest and"),
        ({"features": ["i", "l"]}, r"must be a dict .* \['i', 'l'\]"),
        ({"features": {"image": "i"}}, "must name the 'label' feature"),
        ({"features": {"imag": "i"}}, "no feature named 'imag'"),
    ],
)
def test_tfrecord_mistakes_are_explained(tmp_path, monkeypatch, changes, match):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=match):
        source.check(tfrecord(tmp_path, **changes))


def test_two_stars_find_files_at_any_depth(tmp_path):
    wanted = tfrecord(tmp_path, pattern=f"{tmp_path}/**/*.tfrecord")
    (tmp_path / "b" / "c").mkdir(parents=True)
    deep = tmp_path / "b" / "c" / "d.tfrecord"
    deep.touch()
    files = source.tfrecord_files(wanted)["train"]
    assert files == [str(tmp_path / "a.tfrecord"), str(deep)]


def test_fingerprint_takes_relative_and_absolute_paths_together(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    wanted = tfrecord(tmp_path)
    (tmp_path / "b.tfrecord").touch()
    pattern = {"train": "a.tfrecord", "test": f"{tmp_path}/b.tfrecord"}
    assert source.fingerprint(wanted | {"pattern": pattern})["files"] == 2


def test_good_sources_pass(tmp_path):
    source.check({"kind": "tfds", "name": "digits", "max_examples": 5})
    source.check(tfrecord(tmp_path))


def test_missing_fashion_mnist_names_both_ways(tmp_path):
    (tmp_path / source.FASHION_MNIST_FILES[0]).write_bytes(b"")
    with pytest.raises(InputError) as error:
        source.check(
            {"kind": "tfds", "name": "fashion_mnist", "path": str(tmp_path)}
        )
    assert "apt-get install dataset-fashion-mnist" in str(error.value)
    assert "source.data_dir" in str(error.value)
    assert source.FASHION_MNIST_FILES[1] in str(error.value)


def test_fashion_mnist_may_be_prepared_by_tfds(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "FASHION_MNIST_FOLDER", str(tmp_path / "no"))
    folder = tmp_path / "fashion_mnist" / "3.0.1"
    wanted = {
        "kind": "tfds",
        "name": "fashion_mnist",
        "data_dir": str(tmp_path),
    }
    with pytest.raises(InputError, match="must be on this machine"):
        source.check(wanted)
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{}")
    source.check(wanted)
    assert source.fashion_mnist_folder(wanted) is None


def test_fingerprint_sees_content_and_not_the_folder_or_the_time(tmp_path):
    prints = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        wanted = tfrecord(tmp_path / name)
        prints.append(source.fingerprint(wanted))
    os.utime(tmp_path / "two" / "a.tfrecord", (1, 1))
    prints.append(source.fingerprint(wanted))
    assert prints[0] == prints[1] == prints[2]
    assert prints[0]["files"] == prints[0]["bytes"] == 1
    # The same size, another content.
    (tmp_path / "two" / "a.tfrecord").write_bytes(b"y")
    assert source.fingerprint(wanted) != prints[0]


def test_fingerprint_of_much_data_goes_by_modification_time(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(source, "HASH_LIMIT", 1)
    wanted = tfrecord(tmp_path)
    os.utime(tmp_path / "a.tfrecord", (1, 1))
    first = source.fingerprint(wanted)
    (tmp_path / "a.tfrecord").write_bytes(b"y")
    os.utime(tmp_path / "a.tfrecord", (1, 1))
    assert source.fingerprint(wanted) == first
    os.utime(tmp_path / "a.tfrecord", (2, 2))
    assert source.fingerprint(wanted) != first


def test_fingerprint_of_digits_is_the_package_version():
    found = source.fingerprint({"kind": "tfds", "name": "digits"})
    assert list(found) == ["scikit-learn"]


@pytest.mark.parametrize("name", ["mine", "mine:1.0.0", "mine/small:1.0.0"])
@pytest.mark.parametrize("given", [True, False])
def test_fingerprint_of_prepared_data_sees_their_files(
    tmp_path, monkeypatch, name, given
):
    folder = tmp_path / name.replace(":", "/")
    folder.mkdir(parents=True)
    wanted = {"kind": "tfds", "name": name}
    if given:
        wanted["data_dir"] = str(tmp_path)
    else:
        monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    (folder / "data").write_text("one")
    first = source.fingerprint(wanted)
    assert first["files"] == 1
    (folder / "data").write_text("two")
    assert source.fingerprint(wanted) != first


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "a").mkdir()
    wanted = {"kind": "image_folder", "path": str(tmp_path)}
    link = tmp_path / "a" / "1.png"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="a/1.png is not: No such file"):
        source.fingerprint(wanted)
    link.unlink()
    (tmp_path / "a" / "b").symlink_to(tmp_path / "a")
    link.write_bytes(b"x")
    with pytest.raises(InputError, match="Too many levels of symbolic"):
        source.fingerprint(wanted)
    (tmp_path / "a" / "b").unlink()
    (tmp_path / "a" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"x")
    with pytest.raises(InputError, match=r"caf\\udce9.png is not: its name"):
        source.fingerprint(wanted)


def test_fingerprint_of_an_image_folder_sees_a_renamed_file(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"x")
    wanted = {"kind": "image_folder", "path": str(tmp_path)}
    first = source.fingerprint(wanted)
    (tmp_path / "a" / "1.png").rename(tmp_path / "a" / "2.png")
    assert source.fingerprint(wanted) != first


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch):
    monkeypatch.setattr(source.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install 'tfkd\\[data\\]'"):
        source.check({"kind": "tfds", "name": "digits"})
