import json

import pipeline_fakes
import pytest
from pipeline_fakes import recorded

from tfkd.pipelines import run


def test_run_records_config_overrides_and_versions(fake):
    run.main([*fake, "--runner=local", "--config.num_shards=3"])
    [path] = recorded(fake)
    record = json.loads(path.read_text())
    assert record["overrides"] == {"num_shards": 3}
    assert record["config"]["num_shards"] == 3
    assert record["versions"]["tensorflow"]
    assert "--config.num_shards=3" in record["command"]


def test_resume_runs_the_recorded_config_again(fake, capsys, monkeypatch):
    seen = []
    build = run.distillation_pipeline.create
    monkeypatch.setattr(
        run.distillation_pipeline,
        "create",
        lambda config, root, **options: (
            seen.append(config) or build(config, root, **options)
        ),
    )
    first = ["--runner=local", "--run_id=a", "--config.distillation.seeds=4,5"]
    assert run.main([*fake, *first]) == 0
    assert run.main([*fake, "--runner=local", "--run_id=b"]) == 0
    again = [fake[0], fake[2], "--runner=local", "--resume"]
    assert run.main(again) == 0
    assert run.main([*again, "--run_id=a"]) == 0
    assert [tuple(config.distillation.seeds) for config in seen] == [
        (4, 5),
        (0, 1, 2),
        (0, 1, 2),
        (4, 5),
    ]
    assert seen[3].to_dict() == seen[0].to_dict()
    assert [path.stem for path in recorded(fake)] == ["a", "b"]
    record = json.loads(recorded(fake)[0].read_text())
    assert record["overrides"] == {"distillation.seeds": [4, 5]}


def test_resume_needs_a_run_and_no_config(fake, tmp_path, capsys):
    again = ["run", fake[2], "--resume"]
    for words, told in (
        (again, "needs an earlier run"),
        ([*fake, "--resume"], "Leave out one of them"),
        (["run", "--resume"], "--pipeline_root is required"),
    ):
        assert run.main(words) == 1
        assert told in capsys.readouterr().err
    run.main([*fake, "--runner=local", "--run_id=nightly"])
    assert run.main([*again, "--run_id=nightli"]) == 1
    assert "Closest: 'nightly'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flag", ["--seed=3", "--precision=float32", "--sweep=a=1"]
)
def test_resume_ignores_no_flag_that_changes_the_config(fake, flag, capsys):
    run.main([*fake, "--runner=local"])
    pipeline_fakes.calls.clear()
    assert run.main(["run", fake[2], "--resume", flag]) == 1
    name = flag.partition("=")[0]
    assert f"received {name} as well" in capsys.readouterr().err


def test_records_that_cannot_be_read_or_written_are_told(fake, capsys):
    run.main([*fake, "--runner=local", "--run_id=a"])
    [path] = recorded(fake)
    for text in ('{"config": {', "[]", "{}"):
        path.write_text(text)
        assert run.main(["run", fake[2], "--resume"]) == 1
        error = capsys.readouterr().err
        assert "a.json must be the record of a run" in error
        assert error.count("\n") == 1
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")
    assert run.main([*fake, "--runner=local"]) == 1
    error = capsys.readouterr().err
    assert "must be writable (File exists)" in error
    assert error.count("\n") == 1
