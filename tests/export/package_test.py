import gzip
import hashlib
import json
import os
import subprocess
import sys

import pytest

from tfkd.errors import InputError
from tfkd.export import metadata
from tfkd.export import package


def test_description_holds_for_the_file(packed):
    content = (packed.folder / "model.tflite").read_bytes()
    description = packed.description
    assert description["sha256"] == hashlib.sha256(content).hexdigest()
    assert description["bytes"] == len(content)
    assert description["gzip_bytes"] == len(gzip.compress(content, 9))
    assert description["fully_integer"]
    assert description["input"]["shape"] == [1, 8, 8, 1]
    assert description["input"]["quantization"]["zero_point"] == 0
    assert sorted(description["provenance"]) == ["recipe", "versions"]


def test_the_file_carries_the_same_facts(packed):
    embedded = metadata.read(packed.folder / "model.tflite")
    assert embedded.items() <= packed.description.items()


def test_description_survives_the_round_trip(packed, tmp_path):
    values = {**packed.description, "parity": {"examples": 3}}
    package.write_description(tmp_path, values)
    assert package.read_description(tmp_path) == values
    assert json.loads((tmp_path / "model.json").read_text()) == values


def test_a_missing_description_is_refused(tmp_path):
    with pytest.raises(InputError, match="must hold model.json"):
        package.read_description(tmp_path)


def test_labels_are_utf_8_in_any_locale(files, tmp_path):
    code = (
        "import numpy as np; from tfkd.export import package; package.write("
        f"{str(tmp_path)!r}, {str(files.int8)!r}, value_range=(0.0, 16.0), "
        "labels=[*'abcdefghi', 'gr\\xf6\\xdfe, rot'], provenance={}, "
        "sample=np.zeros((1, 8, 8, 1)))"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        env={
            **os.environ,
            **ascii_only,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        check=True,
    )
    text = (tmp_path / "labels.txt").read_bytes().decode("utf-8")
    assert text.splitlines()[-1] == "größe, rot"


def test_labels_must_fit_the_outputs(files, digits, tmp_path):
    with pytest.raises(InputError, match="10 outputs needs 10 labels"):
        package.write(
            tmp_path,
            files.int8,
            labels=["cat"],
            value_range=(0, 16),
            provenance={},
            sample=digits[:1],
        )
