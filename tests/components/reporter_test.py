import json
import pathlib

import pytest

from tests.report import synthetic_run
from tfkd.components.base import artifacts
from tfkd.components.base.executor import ExecutorContext
from tfkd.components.base.spec import Channel
from tfkd.components.reporter.component import Reporter
from tfkd.components.reporter.executor import Executor
from tfkd.components.statistics_gen.executor import Executor as StatisticsGen

TYPES = {
    "examples": artifacts.Examples,
    "statistics": artifacts.ExampleStatistics,
    "teacher": artifacts.Model,
    "control": artifacts.Model,
    "student": artifacts.Model,
    "tflite": artifacts.TFLiteModel,
    "evaluation": artifacts.ModelEvaluation,
    "blessing": artifacts.ModelBlessing,
    "infra_blessing": artifacts.InfraBlessing,
    "pushed": artifacts.PushedModel,
}


def channels(*, without=()):
    return {
        key: Channel(kind) for key, kind in TYPES.items() if key not in without
    }


def run(root, **changes):
    inputs = {
        key: [TYPES[key](str(uri), id=index)]
        for index, (key, uri) in enumerate(
            synthetic_run.write(root, **changes).items()
        )
    }
    report = artifacts.DistillationReport(str(root / "out"))
    (root / "out").mkdir()
    messages = []
    context = ExecutorContext(report=lambda **values: messages.append(values))
    Executor(context).Do(inputs, {"report": [report]}, {"title": "Digits"})
    assert messages
    return {path.name: path.read_text() for path in (root / "out").iterdir()}


def test_declares_its_channels():
    component = Reporter(**channels(), title="Digits")
    assert component.id == "Reporter"
    assert component.outputs["report"].type is artifacts.DistillationReport
    assert component.executor_class() is Executor


@pytest.mark.parametrize("key", ["pushed", "infra_blessing"])
def test_needs_no_pusher_and_no_infra_validator(key):
    component = Reporter(**channels(without=[key]), title="Digits")
    assert key not in component.inputs


def test_refuses_a_missing_input():
    with pytest.raises(TypeError, match="evaluation"):
        Reporter(**channels(without=["evaluation"]), title="Digits")


def test_refuses_a_wrong_channel():
    wrong = {**channels(), "blessing": Channel(artifacts.Model)}
    with pytest.raises(TypeError, match="carries ModelBlessing"):
        Reporter(**wrong, title="Digits")


def test_refuses_a_blank_title():
    with pytest.raises(ValueError, match="must hold a heading"):
        Reporter(**channels(), title=" ")


def test_writes_page_and_summary(tmp_path):
    files = run(tmp_path)
    assert set(files) == {"report.html", "summary.txt"}
    page = files["report.html"]
    assert "<h1>Digits</h1>" in page
    # The equation of the method's own docstring.
    assert "KL(softmax(z_t / T) || softmax(z_s / T))" in page
    assert "Distillation/model/8" in page
    assert "On the device side: int8" in page
    assert '<td class="n">31.2</td>' in page
    assert files["summary.txt"].startswith("Digits\n")


def test_files_do_not_depend_on_where_the_root_lies(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = run(tmp_path / "a", pushed=False)
    assert first == run(tmp_path / "b", pushed=False)
    assert str(tmp_path) not in first["report.html"]


def test_draws_what_the_other_components_write(
    edge_inputs, edge_tflite, blessed, run_executor, tmp_path
):
    inputs = {
        role: getattr(edge_inputs, role)
        for role in ("examples", "teacher", "control", "student")
    }
    inputs |= {
        "tflite": edge_tflite.tflite,
        "evaluation": blessed.evaluation,
        "blessing": blessed.blessing,
    }
    made = run_executor(
        StatisticsGen,
        tmp_path / "StatisticsGen",
        {"examples": edge_inputs.examples},
        {"statistics": artifacts.ExampleStatistics},
    )
    made = run_executor(
        Executor,
        tmp_path / "Reporter",
        {**inputs, "statistics": made.statistics},
        {"report": artifacts.DistillationReport},
        {"title": "Digits"},
    )
    folder = pathlib.Path(made.report.uri)
    page = (folder / "report.html").read_text()
    metrics = json.loads(
        pathlib.Path(blessed.evaluation.uri, "metrics.json").read_text()
    )
    final = metrics["models"]["student_int8"]
    assert f"<strong>{100 * final['accuracy']:.1f}</strong>" in page
    assert f"{final['bytes']:,}" in page
    assert "all 2 checks passed" in page
    assert "On the device side" not in page
    # The splits' sizes as the statistics' classes add up to them.
    assert '<td class="n">400</td><td class="n">100</td>' in page
    lines = (folder / "summary.txt").read_text().splitlines()
    assert max(map(len, lines)) <= 79
