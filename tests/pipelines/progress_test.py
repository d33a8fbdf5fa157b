import io

import pytest
import rich.console

from tfkd.pipelines.progress import ProgressView
from tfkd.pipelines.progress import format_report
from tfkd.pipelines.results import NodeResult


def _view(terminal, **arguments):
    stream = io.StringIO()
    console = rich.console.Console(
        file=stream, force_terminal=terminal, width=80, highlight=False
    )
    return ProgressView(console, **arguments), stream


def _play(view):
    with view.showing(["A", "B", "C"]):
        view.started("A")
        view.reported("A", {"fraction": 0.5, "loss": 0.25})
        view.ended(NodeResult("A", "executed", seconds=1.25))
        view.started("B")
        failed = NodeResult("B", "failed", seconds=2, message="no [x]\nmore")
        view.ended(failed)
        view.ended(NodeResult("C", "skipped", message="B did not finish"))


def test_prints_plain_lines_when_not_on_a_terminal():
    view, stream = _view(terminal=False)
    _play(view)
    assert stream.getvalue().splitlines() == [
        "[1/3] A started",
        "[1/3] A done in 1.2 s",
        "[2/3] B started",
        "[2/3] B failed in 2.0 s: no [x]",
        "[3/3] C skipped: B did not finish",
    ]


@pytest.mark.parametrize("terminal", [True, False])
def test_prints_nothing_when_quiet(terminal):
    view, stream = _view(terminal, quiet=True)
    _play(view)
    assert stream.getvalue() == ""


def test_shows_a_live_table_on_a_terminal():
    view, stream = _view(terminal=True)
    _play(view)
    last = stream.getvalue().rpartition("component")[2]
    assert "\x1b[" in last
    for text in ("done", "1.2", "50%  loss 0.25", "failed", "no [x]"):
        assert text in last
    assert "started" not in stream.getvalue()


def test_table_shows_what_a_running_component_reports():
    view, _ = _view(terminal=False)
    with view.showing(["A"]):
        view.started("A")
        view.reported("A", {"message": "epoch 3/10", "loss": 0.123456})
        console = rich.console.Console(file=io.StringIO(), width=80)
        console.print(view.table())
    text = console.file.getvalue()
    assert "running" in text
    assert "epoch 3/10  loss 0.1235" in text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, ""),
        ({"loss": 1.0, "fraction": 0.031}, "  3%  loss 1"),
        ({"epoch": 3, "message": "a\nb", "note": "x"}, "a  epoch 3  note x"),
    ],
)
def test_reports_are_one_line(values, text):
    assert format_report(values) == text
