import json
import pathlib
import subprocess
import sys

import pytest


def test_two_replicas_train_as_one_on_the_same_global_batch():
    worker = pathlib.Path(__file__).with_name("mirrored_worker.py")
    result = subprocess.run(
        [sys.executable, str(worker)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    kinds = json.loads(result.stdout.splitlines()[-1])
    assert "critic_steps must be 1" in kinds.pop("refused")
    for found in kinds.values():
        assert found["replicas"] == 2
        assert found["weights"] < 1e-5
        one, two = found["logs"]
        for name, value in one.items():
            assert two[name] == pytest.approx(value, rel=1e-4, abs=1e-6), name
