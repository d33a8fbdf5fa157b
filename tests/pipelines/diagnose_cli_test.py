import pathlib
import subprocess
import sys

import pipeline_fakes as fakes
import pytest

from tests.report.diagnosis import synthetic
from tfkd.pipelines import cli
from tfkd.pipelines import diagnosed_run
from tfkd.pipelines import run
from tfkd.report.diagnosis.diagnose import Diagnosis

ROOT = pathlib.Path(__file__).parents[2]
QUICKSTART = f"--config={ROOT / 'configs/quickstart.py'}"


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Fakes instead of components, and of what is measured."""
    monkeypatch.setattr(
        run.distillation_pipeline,
        "create",
        lambda config, root, **given: fakes.build_distillation(root, **given),
    )
    monkeypatch.setattr(
        diagnosed_run,
        "diagnose",
        lambda found, root: Diagnosis(synthetic.measured(), found.run_id),
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path / "root"


def tfkd(capsys, *words, code=0):
    assert cli.main(["diagnose", *map(str, words)]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_config_runs_what_is_needed_once_and_then_diagnoses(fake, capsys):
    words = [QUICKSTART, f"--pipeline_root={fake}", "--runner=local"]
    text = tfkd(capsys, *words, "--quiet", "--run_id=one")
    assert "runs ExampleGen, TeacherTrainer, Control, Distillation" in text
    assert "Diagnosis of run one" in text
    assert "1. Keep the temperature of 4" in text
    assert f"Page:    {fake / 'runs' / 'one.html'}" in text
    assert (fake / "runs" / "one.html").exists()
    assert len(fakes.calls) == 4
    assert "all is cached" in tfkd(capsys, *words, "--quiet")
    assert len(fakes.calls) == 4
    text = tfkd(capsys, f"--pipeline_root={fake}", "--run_id=one")
    assert "Diagnosis of run one" in text


def test_config_alone_uses_a_root_of_its_name(fake, capsys):
    tfkd(capsys, QUICKSTART, "--runner=local", "--quiet")
    assert pathlib.Path("runs/quickstart/metadata.sqlite").exists()


def test_dry_run_tells_and_trains_nothing(fake, capsys):
    text = tfkd(capsys, QUICKSTART, "--dry_run")
    assert "4 components, 0 cached in " in text
    assert fakes.calls == []


def test_a_failed_run_is_not_diagnosed(fake, capsys):
    fakes.behaviour["Control"] = ValueError("broken")
    words = [QUICKSTART, "--runner=local", "--quiet"]
    assert "broken" in tfkd(capsys, *words, code=1)


def test_html_says_where_the_page_goes(fake, capsys, tmp_path):
    words = [QUICKSTART, "--runner=local", "--quiet"]
    tfkd(capsys, *words, f"--html={tmp_path / 'a.html'}")
    assert "<h2>Recommendations</h2>" in (tmp_path / "a.html").read_text()
    fakes.calls.clear()
    # Before anything is trained.
    words += ["--no_cache", "--html=no/a.html"]
    error = tfkd(capsys, *words, code=1)
    assert error.count("\n") == 1
    assert "a file that can be written" in error
    assert fakes.calls == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--pipeline_root of a finished run, or --config, is required"),
        (["--pipeline_root=none"], "There must be a metadata store"),
        (["--pipeline_root=none", "--no_cache"], "takes no --no_cache here"),
        ([QUICKSTART, "--sweep=seed=1,2"], "takes no --sweep here"),
        ([QUICKSTART, "--to_nodes=Control"], "takes no --to_nodes here"),
        (["--pipeline_rot=none"], "Did you mean: pipeline_root?"),
        (["--html"], "expected one argument"),
        (["--pipeline_root=none", "--html="], "must name a file"),
    ],
    ids=range(8),
)
def test_mistakes_are_one_line(words, told, capsys):
    error = tfkd(capsys, *words, code=1)
    assert error.count("\n") == 1
    assert told in error


def test_help_tells_both_ways(capsys):
    text = tfkd(capsys, "--help")
    assert "tfkd diagnose --pipeline_root=DIR" in text
    assert "tfkd diagnose --config=FILE.py" in text


def test_mistakes_are_told_before_tensorflow_is_imported():
    code = (
        "import sys; from tfkd.pipelines import cli; "
        "cli.main(['diagnose', '--pipeline_root=none']); "
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
