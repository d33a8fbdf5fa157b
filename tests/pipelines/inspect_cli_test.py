import json
import subprocess
import sys

import pytest

from tests.export import tiny
from tfkd.pipelines import cli


@pytest.fixture(name="path")
def fixture_path(tmp_path):
    (tmp_path / "m.tflite").write_bytes(tiny.content())
    return tmp_path / "m.tflite"


def tfkd(capsys, *words, code=0):
    assert cli.main(["inspect", *map(str, words)]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_operations_and_delegates_are_printed(path, capsys):
    text = tfkd(capsys, path)
    row = ("0", "FULLY_CONNECTED", "FLOAT32", "1x2", "24", "FLOAT32", "6")
    assert row in [tuple(line.split()) for line in text.splitlines()]
    assert "GPU delegate: refuses 1 of 2 operations" in text
    assert "1 ARG_MAX: the delegate has no such operation" in text
    assert "XNNPACK: leaves 1 of 2 operations" in text


def test_json_is_for_programs(path, capsys):
    found = json.loads(tfkd(capsys, path, "--json"))
    assert found["macs"] == 6
    assert [op["name"] for op in found["operations"]] == [
        "FULLY_CONNECTED",
        "ARG_MAX",
    ]
    assert [reject["index"] for reject in found["gpu_rejects"]] == [1]
    assert found["xnnpack"] == {"indices": [0], "unchecked": ""}


def test_html_is_written_to_a_page(path, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert f"{page} shows {path}." in tfkd(capsys, path, f"--html={page}")
    assert "FULLY_CONNECTED" in page.read_text()


def test_mistakes_are_one_line_with_exit_code_1(path, tmp_path, capsys):
    (tmp_path / "bad").write_bytes(b"PK34")
    for words, told in (
        ([tmp_path / "none"], "There is no .tflite file"),
        ([tmp_path / "bad"], "is not a .tflite file"),
        ([], "FILE"),
        ([path, f"--html={tmp_path / 'no' / 'page.html'}"], "--html="),
    ):
        error = tfkd(capsys, *words, code=1)
        assert error.count("\n") == 1
        assert told in error


def test_inspecting_imports_neither_tensorflow_nor_keras(path, tmp_path):
    code = (
        "import sys; from tfkd.pipelines import cli; "
        f"cli.main(['inspect', {str(path)!r}, "
        f"'--html={tmp_path / 'page.html'}']); "
        "print([m for m in ('tensorflow', 'keras', 'apache_beam', "
        "'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
