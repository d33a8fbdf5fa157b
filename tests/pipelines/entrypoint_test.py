import json
import re
import signal

import pipeline_fakes
import pytest

from tfkd.pipelines import artifact_store
from tfkd.pipelines import entrypoint

SOURCE = "--component=pipeline_fakes.Source"
TRAIN = "--component=pipeline_fakes.Train"


@pytest.fixture
def examples(tmp_path):
    folder = tmp_path / "examples"
    assert _run(SOURCE, _json(text="hello"), f"--output=examples={folder}") == 0
    return folder


@pytest.fixture(autouse=True)
def _no_behaviour(monkeypatch):
    monkeypatch.setattr(pipeline_fakes, "behaviour", {})


def _run(*argv):
    return entrypoint.main([str(item) for item in argv])


def _json(**values):
    return f"--exec_properties={json.dumps(values)}"


def _told(capsys, *argv):
    assert _run(*argv) == 1
    [line] = capsys.readouterr().err.splitlines()
    return line


def test_runs_one_component_after_another(tmp_path, examples, capsys):
    model = tmp_path / "model"
    code = _run(
        TRAIN,
        "--node_id=Student",
        _json(rate=2),
        "--input",
        f"examples=file://{examples}",
        f"--output=model={model}",
    )
    assert code == 0
    # The whole number became what the spec declares.
    assert json.loads((model / "model.json").read_text()) == ["hello", 2.0]
    assert "Student: epoch 1, loss 0.5" in capsys.readouterr().out
    manifest = json.loads((model / artifact_store.MANIFEST).read_text())
    digest = artifact_store.content_digest(manifest["files"])
    assert artifact_store.damage(str(model), digest) is None


def test_a_failure_leaves_no_output(tmp_path, examples):
    pipeline_fakes.behaviour["Train"] = RuntimeError("boom")
    model = tmp_path / "model"
    with pytest.raises(RuntimeError, match="boom"):
        _run(TRAIN, f"--input=examples={examples}", f"--output=model={model}")
    assert not model.exists()


def test_takes_no_output_that_holds_something(tmp_path, examples, capsys):
    model = tmp_path / "model"
    model.mkdir()
    (model / "precious").touch()
    line = _told(
        capsys, TRAIN, f"--input=examples={examples}", f"--output=model={model}"
    )
    assert "--output model must be a new or empty directory" in line
    assert (model / "precious").exists()


def test_help_tells_every_option(capsys):
    with pytest.raises(SystemExit) as stopped:
        _run("--help")
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    for option in ("component", "exec_properties", "input", "output"):
        assert f"--{option}" in shown


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "the following arguments are required: --component"),
        ((SOURCE, "--outptu=x"), "unrecognized arguments: --outptu=x"),
        (("--component=nowhere.Class",), "import path.*'nowhere.Class'"),
        (("--component=Class",), "import path.*'Class'"),
        (
            ("--component=pipeline_fakes.SourceExecutor",),
            "subclass of BaseComponent.*not its executor",
        ),
        ((SOURCE, "--strategy=gpus"), "strategy.*'gpu'"),
        ((SOURCE, "--beam_pipeline_arg=runner"), "must look like --name=value"),
        ((SOURCE, "--exec_properties={"), "must be a JSON object"),
        ((SOURCE, "--exec_properties=[1]"), "JSON object, received '.1.'"),
        ((SOURCE, "--exec_properties={}"), "SourceSpec.text is required"),
        ((SOURCE, _json(text=1)), "SourceSpec.text must be str, received 1"),
        ((SOURCE, _json(txt="a")), "no argument 'txt'. Closest: text"),
        ((SOURCE, _json(text="a")), "'examples'.*Add --output examples=DIR"),
        ((SOURCE, "--output=examples"), "--output must be KEY=DIR"),
        ((SOURCE, "--output=example=x"), "no output named 'example'"),
        ((SOURCE, "--output=examples=s3://b/x"), "must be a local directory"),
        (
            (SOURCE, "--output=examples=x", "--output=examples=y"),
            "each key once, received 'examples' twice",
        ),
        ((TRAIN,), "TrainSpec.examples is required"),
        ((TRAIN, "--input=examples=/gone"), "must be an existing directory"),
    ],
)
def test_a_mistake_is_told_in_one_line(argv, message, capsys):
    assert re.search(message, _told(capsys, *argv))


def test_sigterm_leaves_no_half_output(tmp_path):
    pipeline_fakes.behaviour["Source"] = lambda executor: signal.raise_signal(
        signal.SIGTERM
    )
    folder = tmp_path / "examples"
    with pytest.raises(SystemExit) as stopped:
        _run(SOURCE, _json(text="hello"), f"--output=examples={folder}")
    assert stopped.value.code == 143
    assert not folder.exists()


def test_interrupt_exits_with_130(tmp_path, capsys):
    pipeline_fakes.behaviour["Source"] = KeyboardInterrupt()
    folder = tmp_path / "examples"
    code = _run(SOURCE, _json(text="hello"), f"--output=examples={folder}")
    assert code == 130
    assert capsys.readouterr().err == "entrypoint: interrupted.\n"
