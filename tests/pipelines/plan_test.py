import os
import subprocess
import sys

import pipeline_fakes as fakes
import pytest

from tfkd.errors import InputError
from tfkd.pipelines.plan import plan
from tfkd.pipelines.runners.local import LocalDagRunner


def _states(planned):
    return {node.node_id: node.state for node in planned}


def test_a_fresh_root_runs_everything_and_is_not_created(tmp_path):
    root = tmp_path / "root"
    planned = plan(fakes.build(root))
    assert _states(planned) == {
        "Source": "run",
        "Other": "run (upstream changes)",
        "Teacher": "run (upstream changes)",
        "Student": "run (upstream changes)",
    }
    assert planned[0].reason == "it has not been run before"
    assert not root.exists()


def test_a_missing_package_is_told_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(fakes.Train, "CACHE_PACKAGES", ("no-such-thing",))
    pipeline = fakes.build(tmp_path / "root")
    for use in (plan, LocalDagRunner().run):
        with pytest.raises(InputError, match="pip install no-such-thing"):
            use(pipeline)
    assert fakes.calls == []
    assert not (tmp_path / "root").exists()


def test_tells_what_a_component_is_made_of(tmp_path):
    student = plan(fakes.build(tmp_path, rate=2.0))[-1]
    assert (student.node_id, student.component) == ("Student", "Train")
    assert student.parameters == {"rate": 2.0}
    assert student.inputs == {
        "examples": "Source.examples",
        "teacher": "Teacher.model",
    }


def test_after_a_run_all_is_cached(tmp_path):
    LocalDagRunner().run(fakes.build(tmp_path))
    assert set(_states(plan(fakes.build(tmp_path))).values()) == {"cached"}


def test_says_why_a_component_would_run(tmp_path):
    LocalDagRunner().run(fakes.build(tmp_path))
    student = plan(fakes.build(tmp_path, rate=2.0))[-1]
    assert student.state == "run"
    assert student.reason == "parameter rate: 1.0 -> 2.0"
    forced = plan(fakes.build(tmp_path), force_nodes=["Teacher"])
    assert _states(forced)["Teacher"] == "run"
    assert _states(forced)["Student"] == "run (upstream changes)"


def test_imports_neither_executors_nor_tensorflow_nor_beam(tmp_path):
    code = (
        "import sys, pipeline_fakes as fakes\n"
        "from tfkd.pipelines.plan import plan\n"
        "plan(fakes.build(sys.argv[1]))\n"
        "heavy = {'tensorflow', 'keras', 'apache_beam'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=os.path.dirname(fakes.__file__),
        check=False,
        capture_output=True,
        text=True,
    )
    assert (process.returncode, process.stderr) == (0, "")
