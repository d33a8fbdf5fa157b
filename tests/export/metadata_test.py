import shutil
import struct
import zipfile

import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export import inspect
from tfkd.export import metadata
from tfkd.export.graph import parse

FACTS = {"provenance": {"recipe": "int8_ptq"}, "labels": ["cat", "größe"]}


@pytest.fixture(scope="module")
def content(files):
    return metadata.embed(files.int8.read_bytes(), FACTS, ["cat", "größe"])


@pytest.fixture
def path(content, tmp_path):
    (tmp_path / "m.tflite").write_bytes(content)
    return tmp_path / "m.tflite"


def test_what_was_embedded_can_be_read(path):
    assert metadata.read(path) == FACTS
    assert metadata.read_labels(path) == ["cat", "größe"]


def test_any_unzip_program_finds_the_labels(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["labels.txt"]
        assert archive.testzip() is None


def test_android_finds_the_labels(content):
    # Its reader takes the record at the end as it is, without a comment, and
    # counts offsets from the start of the file.
    size, directory = struct.unpack("<2I", content[-10:-2])
    assert content[directory : directory + 4] == b"PK\1\2"
    assert directory + size == len(content) - 22
    (entry,) = struct.unpack("<I", content[directory + 42 : directory + 46])
    start = entry + 30 + len("labels.txt")
    assert content[start - 10 : start] == b"labels.txt"
    assert content[start:directory].decode() == "cat\ngröße\n"


def test_the_file_still_gives_the_same_answers(files, path, digits):
    np.testing.assert_array_equal(
        LiteRTModel(path).predict(digits[:50]),
        LiteRTModel(files.int8).predict(digits[:50]),
    )
    assert inspect(path).op_counts == inspect(files.int8).op_counts


def test_bytes_repeat(files, content):
    again = metadata.embed(files.int8.read_bytes(), FACTS, ["cat", "größe"])
    assert again == content


def test_constants_stay_aligned_to_16_bytes(content):
    found = [
        (content.find(bytes(buffer.data)), len(buffer.data))
        for buffer in parse(content).buffers
        # Shorter ones may be found inside another.
        if buffer.data is not None and len(buffer.data) >= 40
    ]
    assert len(found) >= 3
    assert [start % 16 for start, _ in found] == [0] * len(found)


def test_a_file_without_metadata_is_refused(files):
    with pytest.raises(InputError, match="carries no 'tfkd' metadata"):
        metadata.read(files.int8)
    with pytest.raises(InputError, match="carries no labels.txt"):
        metadata.read_labels(files.int8)


def test_an_archive_without_labels_is_refused(files, tmp_path):
    shutil.copy(files.int8, tmp_path / "m.tflite")
    with zipfile.ZipFile(tmp_path / "m.tflite", "a") as archive:
        archive.writestr("vocabulary.txt", "cat\n")
    with pytest.raises(InputError, match="carries no labels.txt"):
        metadata.read_labels(tmp_path / "m.tflite")


@pytest.mark.parametrize("label", ["", "two\nlines", "end\n"])
def test_a_label_must_be_one_line(label):
    with pytest.raises(InputError, match="must be one line of text"):
        metadata.check_labels(["cat", label])


def test_repeated_labels_are_refused():
    with pytest.raises(InputError, match="must differ"):
        metadata.check_labels(["cat", "cat"])
