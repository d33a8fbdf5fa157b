import hashlib
import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tfkd.components.base import artifacts
from tfkd.components.base.executor import ExecutorContext
from tfkd.components.example_gen import component
from tfkd.components.example_gen import executor
from tfkd.data import records
from tfkd.data import source as source_lib
from tfkd.errors import InputError

DIGITS = {"kind": "tfds", "name": "digits"}


def generate(folder, source, **parameters):
    """Declares and runs the component; returns the artifact."""
    declared = component.ExampleGen(source=source, **parameters)
    examples = artifacts.Examples(str(folder / "examples"))
    os.makedirs(examples.uri)
    scratch = folder / "scratch"
    scratch.mkdir()
    context = ExecutorContext(tmp_dir=str(scratch))
    executor.Executor(context).Do(
        {}, {"examples": [examples]}, declared.exec_properties
    )
    assert not list(scratch.iterdir())
    return examples


def digests(root):
    files = sorted(p for p in pathlib.Path(root).rglob("*") if p.is_file())
    return {
        str(path.relative_to(root)): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in files
    }


def test_digits_become_the_real_images_in_three_splits(tmp_path):
    datasets = pytest.importorskip("sklearn.datasets")
    examples = generate(tmp_path, DIGITS)
    assert examples.properties["split_names"] == '["train","eval","test"]'
    info = records.read_info(examples.uri)
    sizes = {s: e["num_examples"] for s, e in info["splits"].items()}
    assert sizes == {"train": 1101, "eval": 196, "test": 500}
    assert info["value_range"] == [0, 16]
    pairs = []
    for split in sizes:
        _, images, labels = records.load_arrays(examples.uri, split)
        pairs += [(i.tobytes(), n) for i, n in zip(images, labels)]
    data = datasets.load_digits()
    real = [i.astype(np.float32).tobytes() for i in data.images]
    assert sorted(pairs) == sorted(zip(real, data.target))


def test_the_same_source_gives_byte_identical_files(tmp_path):
    pytest.importorskip("sklearn")
    source = DIGITS | {"max_examples": 40}
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found.append(digests(generate(tmp_path / name, source).uri))
    assert found[0] == found[1]
    assert len(found[0]) == 7


def test_prepared_data_goes_to_data_dir_when_given(tmp_path):
    pytest.importorskip("sklearn")
    source = DIGITS | {"data_dir": str(tmp_path / "data"), "max_examples": 30}
    generate(tmp_path, source)
    assert (tmp_path / "data/digits/1.0.0/dataset_info.json").exists()


@pytest.mark.skipif(
    not os.path.isdir(source_lib.FASHION_MNIST_FOLDER),
    reason="Fashion-MNIST is not installed: apt-get install "
    "dataset-fashion-mnist",
)
@pytest.mark.slow
def test_fashion_mnist_becomes_its_real_splits(tmp_path):
    source = {"kind": "tfds", "name": "fashion_mnist"}
    examples = generate(tmp_path, source)
    info = records.read_info(examples.uri)
    sizes = {s: e["num_examples"] for s, e in info["splits"].items()}
    assert sizes == {"train": 51000, "eval": 9000, "test": 10000}
    _, images, labels = records.load_arrays(examples.uri, "train")
    assert images.shape == (51000, 28, 28, 1)
    assert np.bincount(labels).tolist() == [5100] * 10
    # The known mean of its training pixels.
    assert images.mean() / 255 == pytest.approx(0.2860, abs=2e-3)


def test_an_image_folder_becomes_examples(tmp_path):
    for label, name in enumerate(("cat", "dog")):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        for i in range(10):
            image = np.full((4, 4, 3), 100 * label + i, np.uint8)
            (folder / f"{i}.png").write_bytes(tf.io.encode_png(image).numpy())
    source = {
        "kind": "image_folder",
        "path": str(tmp_path / "images"),
        "image_size": [4, 4],
    }
    examples = generate(tmp_path, source)
    info = records.read_info(examples.uri)
    assert info["class_names"] == ["cat", "dog"]
    assert str(tmp_path) not in str(info)
    for split in info["splits"]:
        _, images, labels = records.load_arrays(examples.uri, split)
        assert (images[:, 0, 0, 0] // 100 == labels).all()


def test_a_source_is_checked_at_construction(tmp_path):
    with pytest.raises(InputError, match="no source kind named 'tfd'"):
        component.ExampleGen(source={"kind": "tfd"})
    with pytest.raises(InputError, match="num_shards must be at least 1"):
        component.ExampleGen(source=DIGITS, num_shards=0)
    with pytest.raises(InputError, match="existing folder"):
        component.ExampleGen(
            source={
                "kind": "image_folder",
                "path": str(tmp_path / "no"),
                "image_size": [4, 4],
            }
        )


def test_the_fingerprint_follows_the_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"x")
    source = {
        "kind": "image_folder",
        "path": str(tmp_path),
        "image_size": [4, 4],
    }
    declared = component.ExampleGen(source=source)
    first = declared.external_fingerprint()
    assert declared.external_fingerprint() == first
    (tmp_path / "a" / "1.png").write_bytes(b"y")
    assert declared.external_fingerprint() != first


def test_a_bad_image_stops_it_by_name(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(4):
            path = tmp_path / "images" / name / f"{i}.png"
            path.write_bytes(f"no image {name} {i}".encode())
    source = {
        "kind": "image_folder",
        "path": str(tmp_path / "images"),
        "image_size": [4, 4],
    }
    with pytest.raises(InputError, match=r"\d.png must be a PNG or JPEG"):
        generate(tmp_path, source)
