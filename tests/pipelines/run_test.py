import errno
import io
import json
import pathlib
import subprocess
import sys

import pipeline_fakes
import pytest
from pipeline_fakes import QUICKSTART
from pipeline_fakes import recorded

from tfkd.errors import InputError
from tfkd.pipelines import results
from tfkd.pipelines import run


def test_second_run_says_that_everything_was_cached(fake, capsys):
    assert run.main([*fake, "--runner=local"]) == 0
    assert "4 components ran, 0 were cached" in capsys.readouterr().out
    assert run.main([*fake, "--runner=local"]) == 0
    assert "Everything was cached: 4 components" in capsys.readouterr().out
    assert len(pipeline_fakes.calls) == 4


def test_no_cache_and_force_nodes_run_again(fake, capsys):
    run.main([*fake, "--runner=local"])
    pipeline_fakes.calls.clear()
    assert run.main([*fake, "--runner=local", "--force_nodes=Student"]) == 0
    assert pipeline_fakes.calls == ["Student"]
    assert run.main([*fake, "--runner=local", "--no_cache"]) == 0
    assert len(pipeline_fakes.calls) == 5


def test_beam_is_the_default_runner(fake, capsys):
    assert run.main(fake) == 0
    assert sorted(pipeline_fakes.calls) == [
        "Other",
        "Source",
        "Student",
        "Teacher",
    ]


def test_dry_run_shows_the_graph_and_runs_nothing(fake, capsys):
    assert run.main([*fake, "--dry_run", "--seed=3"]) == 0
    out = capsys.readouterr().out
    assert "config.seed = 3" in out
    assert "Source.examples" in out
    assert "4 components, 0 cached" in out
    assert pipeline_fakes.calls == []
    run.main([*fake, "--runner=local"])
    assert run.main([*fake, "--dry_run"]) == 0
    assert "4 components, 4 cached" in capsys.readouterr().out


def test_explain_cache_says_why_each_component_ran(fake, capsys):
    run.main([*fake, "--runner=local", "--explain_cache"])
    assert "Teacher: executed" in capsys.readouterr().out
    run.main([*fake, "--runner=local", "--explain_cache"])
    assert "Teacher: cached" in capsys.readouterr().out


def test_quiet_prints_the_outcome_alone(fake, capsys):
    assert run.main([*fake, "--runner=local", "--quiet"]) == 0
    assert len(capsys.readouterr().out.strip().splitlines()) == 1


def test_mistake_in_a_component_is_one_line_and_says_how_to_go_on(fake, capsys):
    pipeline_fakes.behaviour["Student"] = InputError("pixels must be finite")
    assert run.main([*fake, "--runner=local"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Student: pixels must be finite" in error
    assert "run the same command again" in error
    pipeline_fakes.behaviour.clear()
    pipeline_fakes.calls.clear()
    assert run.main([*fake, "--runner=local"]) == 0
    assert pipeline_fakes.calls == ["Student"]


def test_bug_in_a_component_shows_its_traceback(fake, capsys):
    pipeline_fakes.behaviour["Student"] = ZeroDivisionError("oops")
    assert run.main([*fake, "--runner=local"]) == 1
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "ZeroDivisionError: oops" in error
    assert "run the same command again" in error


def test_to_nodes_leaves_out_what_follows(fake, capsys):
    assert run.main([*fake, "--runner=local", "--to_nodes=Teacher"]) == 0
    assert pipeline_fakes.calls == ["Source", "Teacher"]
    assert "2 components ran" in capsys.readouterr().out


def test_from_nodes_needs_what_comes_before_to_be_finished(fake, capsys):
    part = [*fake, "--runner=local", "--from_nodes=Student"]
    for words in (part, [*part, "--dry_run"]):
        assert run.main(words) == 1
        error = capsys.readouterr().err
        assert "Source is not: it has not been run before" in error
    assert pipeline_fakes.calls == []
    run.main([*fake, "--runner=local", "--to_nodes=Teacher"])
    pipeline_fakes.calls.clear()
    assert run.main(part) == 0
    assert pipeline_fakes.calls == ["Student"]


def test_run_id_names_the_run_and_its_record(fake, capsys):
    assert run.main([*fake, "--runner=local", "--run_id=nightly-1"]) == 0
    assert [path.stem for path in recorded(fake)] == ["nightly-1"]
    assert run.main([*fake, "--run_id=../up"]) == 1
    assert "--run_id must be letters" in capsys.readouterr().err


def test_interrupt_exits_with_130(fake, capsys):
    pipeline_fakes.behaviour["Student"] = KeyboardInterrupt()
    assert run.main([*fake, "--runner=local"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_interrupt_before_the_run_exits_with_130(fake, capsys, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(run.plan, "plan", stop)
    assert run.main([*fake, "--dry_run"]) == 130
    assert capsys.readouterr().err.startswith("\ntfkd: interrupted")


def test_unusable_pipeline_root_is_told_before_anything_runs(fake, capsys):
    pathlib.Path(fake[2].partition("=")[2]).write_text("a file")
    assert run.main([*fake, "--runner=local"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "again to continue" not in error
    assert pipeline_fakes.calls == []


@pytest.mark.parametrize("flag", ["pipeline_root", "metadata_path"])
@pytest.mark.parametrize("also", ["--dry_run", "--sweep=seed=1,2", "--quiet"])
def test_places_that_cannot_be_written_are_told_first(
    fake, flag, also, tmp_path, capsys
):
    (tmp_path / "file").write_text("")
    place = f"--{flag}={tmp_path / 'file' / 'deeper'}"
    assert run.main([*fake, place, also]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "must be a writable" in error
    assert "Not a directory" in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_component_must_be_in_the_part_to_be_forced(fake, capsys):
    part = [*fake, "--to_nodes=Teacher", "--force_nodes=Student"]
    for words in (part, [*part, "--dry_run"]):
        assert run.main(words) == 1
        assert "the run ends before it" in capsys.readouterr().err


def test_code_that_exits_has_failed(fake, capsys):
    pipeline_fakes.behaviour["Teacher"] = SystemExit(0)
    assert run.main([*fake, "--runner=local"]) == 1
    assert "sys.exit(0) within the component" in capsys.readouterr().err
    assert "Other" in pipeline_fakes.calls


def test_a_run_goes_on_when_nobody_reads_what_it_prints(fake, monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Closed())
    assert run.main([*fake, "--runner=local"]) == 0
    assert len(pipeline_fakes.calls) == 4


def test_outcome_names_report_and_model(tmp_path):
    (tmp_path / "summary.txt").write_text("the table\n")
    values = {
        "pushed": True,
        "destination": "/serving/3",
        "files": {"labels.txt": "1", "model.tflite": "2"},
    }
    (tmp_path / "pushed.json").write_text(json.dumps(values))
    nodes = {
        "Pusher": results.NodeResult(
            "Pusher", results.EXECUTED, outputs={"pushed": str(tmp_path)}
        ),
        "Reporter": results.NodeResult(
            "Reporter", results.CACHED, outputs={"report": str(tmp_path)}
        ),
    }
    text = run.outcome(results.RunResult("1", nodes, 2.0))
    assert "the table" in text
    assert str(tmp_path / "report.html") in text
    assert "/serving/3/model.tflite" in text
    assert "1 components ran, 1 were cached, in 2.0 s." in text


def test_outcome_says_that_another_version_is_served(tmp_path):
    values = {
        "pushed": True,
        "destination": str(tmp_path / "serving" / "1"),
        "files": {"model.tflite": "2"},
        "version": 1,
    }
    (tmp_path / "pushed.json").write_text(json.dumps(values))
    node = results.NodeResult(
        "Pusher", results.CACHED, outputs={"pushed": str(tmp_path)}
    )
    told = []
    for version in ("1", "2"):
        (tmp_path / "serving" / version).mkdir(parents=True)
        result = results.RunResult("1", {"Pusher": node}, 0.1)
        told.append("is newer" in run.outcome(result))
    assert told == [False, True]
    assert "Version 2 is newer" in run.outcome(result)
    assert "--force_nodes=Pusher" in run.outcome(result)


def test_outcome_says_why_nothing_was_pushed(tmp_path):
    values = {"pushed": False, "reason": "too large"}
    (tmp_path / "pushed.json").write_text(json.dumps(values))
    node = results.NodeResult(
        "Pusher", results.CACHED, outputs={"pushed": str(tmp_path)}
    )
    text = run.outcome(results.RunResult("1", {"Pusher": node}, 0.1))
    assert "not pushed: too large" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--config is required"),
        ([QUICKSTART], "--pipeline_root is required"),
        (["--config=nowhere.py"], "nowhere.py"),
        ([QUICKSTART, "--pipeline_root=x", "--force_nodes=Evaluatr"], "Evalua"),
        (
            [
                QUICKSTART,
                "--pipeline_root=x",
                "--config.distillation.arguments.temperature=0",
            ],
            "a number above 0, received 0.0",
        ),
        ([QUICKSTART, "--pipeline_root=x", "--timeout_s=Puser=5"], "Pusher"),
        ([QUICKSTART, "--pipeline_root=x", "--timeout_s=0"], "received '0'"),
        ([QUICKSTART, "--pipeline_root=x", "--timeout_s=Pusher=soon"], "soon"),
        (
            [
                QUICKSTART,
                "--pipeline_root=x",
                "--config.compression.recipes=f4",
            ],
            "f4",
        ),
        (
            [
                QUICKSTART,
                "--pipeline_root=x",
                "--beam_pipeline_arg=--direct_running_mode=multi_threading",
            ],
            "multi_threading",
        ),
        (
            [QUICKSTART, "--pipeline_root=x", "--beam_pipeline_arg=--runer=X"],
            "'runner'",
        ),
    ],
)
def test_mistakes_on_the_command_line_exit_with_1(
    arguments, words, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert run.main(["run", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
    assert list(tmp_path.iterdir()) == []


def test_help_exits_with_0(capsys):
    assert run.main(["run", "--help"]) == 0
    assert "--pipeline_root" in capsys.readouterr().out


def test_checks_and_dry_run_import_neither_tensorflow_nor_beam(tmp_path):
    code = (
        "import sys; from tfkd.pipelines import run; "
        f"code = run.main(['p', {QUICKSTART!r}, "
        f"'--pipeline_root={tmp_path}', '--dry_run']); "
        "print(code, [m for m in ('tensorflow', 'keras', 'apache_beam', "
        "'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_module_is_a_program(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tfkd.pipelines.run", "--confg=x"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
