import re

import pytest

from benchmarks import leaderboard_html
from benchmarks import leaderboard_page as page
from benchmarks import leaderboard_runs as runs
from benchmarks import leaderboard_tasks
from benchmarks.leaderboard_budget import FULL
from benchmarks.leaderboard_budget import QUICK

TASK = leaderboard_tasks.get("fashion_1k")
ACCURACY = {"teacher": 0.9, "svm": 0.7, "hinton_kd": 0.78, "at": 0.7001}


def board(path, keys=None, accuracy=(), run_all=True):
    """Returns a board; `accuracy` changes what entries reach."""
    known = {**ACCURACY, **dict(accuracy)}
    found = runs.Board(TASK, QUICK, runs.Results(path), keys)
    small = runs.Board(TASK, QUICK, found.results, ["hinton_kd", "at"])
    while run_all and (missing := small.missing()):
        for run in missing:
            # Seeds differ by a point, methods on a seed by a tenth.
            value = known.get(run.entry, 0.75) + run.seed % 10 / 100
            small.results.add(
                run,
                {
                    "accuracy": value,
                    "agreement": 0.8,
                    "cpu_seconds": 2.0 if run.entry == "alone" else 3.0,
                    "start": f"w{run.seed}",
                    "steps": 125,
                },
            )
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "task.json"


def text(board, budget=QUICK):
    return page.render([page.summary(board)], budget)


def plain(board):
    return " ".join(text(board).split())


def test_says_what_helps_and_what_does_not(path):
    said = plain(board(path))
    assert re.search(r"These help here [^:]*: `hinton_kd`\.", said)
    assert re.search(r"These harm here [^:]*: `at`\.", said)


def test_a_partial_table_says_that_it_is_one(path):
    said = plain(board(path))
    total = len(board(path).entering)
    assert f"Partial: 2 of {total} methods have run so far" in said
    assert "`make leaderboard` continues" in said
    assert "Not run yet:" in said
    done = plain(board(path, keys=["hinton_kd", "at"]))
    assert "All 2 methods that fit have run." in done


def test_a_broken_control_is_refused_as_evidence(path):
    found = board(path, accuracy={"alone": 0.10})
    said = text(found)
    assert "Refused as evidence: the student alone is at chance" in " ".join(
        said.split()
    )
    assert "| method |" not in said
    html = leaderboard_html.render([page.summary(found)], QUICK)
    assert "Refused as evidence" in html
    assert "<svg" not in html


def test_a_weak_baseline_is_marked(path):
    found = board(path, accuracy={"svm": 0.77})
    assert "no fair baseline: alone, it is 2.0 points below" in plain(found)
    assert "no fair baseline" not in plain(board(path.with_name("b.json")))


def test_a_method_with_other_initial_weights_is_not_ranked(path):
    found = board(path)
    run = found.finals("at")[0]
    found.results.add(run, {**found.results.get(run), "start": "other"})
    said = text(found)
    assert "Broke the protocol" in said
    assert "| `at` |" not in said


def test_what_was_left_out_has_a_reason(path):
    said = plain(board(path))
    assert "it is for the task sequence" in said
    # Those of one reason stand together.
    assert re.search(r"- [^:]*`mean_teacher`, [^:]*: it needs unlabelled", said)


def test_quick_numbers_are_called_no_evidence(path):
    assert "No evidence" in text(board(path), QUICK)
    assert "No evidence" not in text(board(path), FULL)


def test_a_task_without_runs_names_its_command(path):
    said = plain(board(path, run_all=False))
    assert "has not run yet: `make leaderboard`" in said


def test_html_stands_alone_and_shows_both_plots(path):
    html = leaderboard_html.render([page.summary(board(path))], QUICK)
    assert html.count("<svg") == 2
    assert "<script" not in html
    links = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(link.startswith("#") for link in links)
    assert "hinton_kd" in html
