"""What tfmot computes in a child process, once for all tests here."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def legacy(tmp_path_factory):
    """Results of `legacy_worker`, by the name of what was checked."""
    output = tmp_path_factory.mktemp("legacy") / "results.json"
    child = subprocess.run(
        [sys.executable, "-m", "tests.compression.legacy_worker", str(output)],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "-1",
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
    )
    assert child.returncode == 0, child.stderr[-4000:]
    return json.loads(output.read_text())
