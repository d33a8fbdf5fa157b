import dataclasses
import re

import pytest

from benchmarks import leaderboard_html
from benchmarks import leaderboard_page as page
from benchmarks import leaderboard_runs as runs
from benchmarks import leaderboard_statistics as statistics
from benchmarks import leaderboard_tasks
from benchmarks import provenance
from benchmarks.leaderboard_budget import FULL
from benchmarks.leaderboard_budget import QUICK
from benchmarks.leaderboard_summary import summary

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
    return page.render([summary(board)], budget)


def plain(board):
    return " ".join(text(board).split())


def test_says_what_helps_and_what_does_not(path):
    said = plain(board(path))
    assert re.search(r"These help here [^:]*: `hinton_kd`\.", said)
    assert re.search(r"These harm here [^:]*: `at`\.", said)


def row(entry, over=0.1, gain=0.1, cost=1.0):
    """Returns a row of five seeds; half an interval is 2.7764 errors of 1."""
    return statistics.Row(
        entry=entry,
        accuracy=statistics.Estimate(80.0, 1.0),
        gain=statistics.Estimate(gain, 2.7764),
        over_hinton=statistics.Estimate(over, 2.7764),
        gap=None,
        agreement=None,
        cost=cost,
        seeds=5,
    )


def test_what_beats_the_control_is_corrected_for_many_comparisons(path):
    # With 4 degrees of freedom 4 errors are p = 0.0161, 8 are 0.0013.
    others = [row(f"m{i}") for i in range(7)]
    rows = [row("at", 4.0, 8.0), row("hinton_kd", 0.0), *others]
    found = dataclasses.replace(summary(board(path)), rows=rows)
    said = " ".join(page.conclusions(found))
    assert "Better than `hinton_kd` (the interval is above 0): `at`." in said
    # 8 compared; 8 / 40 = 0.2; 8 times 0.0161 is above 5 %.
    assert "Of 8 that were as good as it, 0.2 would seem better" in said
    assert "correction for so many comparisons: none." in said
    # 9 / 40 = 0.225; 9 times 0.0013 is below 5 %.
    assert "Of 9 methods that change nothing 0.23 would" in said
    assert "under which hardly any would, 1 help and 0 harm" in said


def test_one_teacher_that_is_scored_twice_has_no_spread(path):
    found = board(path)
    for run in found.finals("teacher"):
        found.results.add(run, {"accuracy": 0.907})
    assert "| teacher | 90.70 |" in text(found)
    assert "| student alone | 75.50 ± " in text(found)


def test_a_partial_table_says_that_it_is_one(path):
    said = plain(board(path))
    total = len(board(path).entering)
    assert f"Partial: 2 of {total} methods have run so far" in said
    assert "`make leaderboard` continues" in said
    assert "Not run yet, or their code has changed since:" in said
    done = plain(board(path, keys=["hinton_kd", "at"]))
    assert "All 2 methods that fit have run." in done


def test_a_broken_control_is_refused_as_evidence(path):
    found = board(path, accuracy={"alone": 0.10})
    said = text(found)
    assert "Refused as evidence: the student alone is at chance" in " ".join(
        said.split()
    )
    assert "| method |" not in said
    html = leaderboard_html.render([summary(found)], QUICK)
    assert "Refused as evidence" in html
    assert "<svg" not in html


def test_a_weak_baseline_is_marked(path):
    found = board(path, accuracy={"svm": 0.77})
    assert "no fair baseline: alone, it is 2.0 points below" in plain(found)
    assert "no fair baseline" not in plain(board(path.with_name("b.json")))


def test_a_baseline_without_its_classical_model_is_not_judged(path):
    found = board(path)
    found.results.add(found.finals("svm")[0], {"error": "no"})
    said = plain(found)
    assert "is a fair baseline is not known: the classical model" in said
    assert "no fair baseline" not in said


def test_without_a_control_no_method_broke_the_protocol(path):
    found = board(path, keys=["hinton_kd", "at"])
    for run in found.finals("alone"):
        found.results.add(run, {"error": "InputError: no"})
    said = plain(found)
    assert "student alone could not be trained: InputError: no." in said
    assert "Broke the protocol" not in said
    assert "All 2 methods that fit have run." in said


def test_the_page_says_what_has_more_than_one_teacher(path):
    found = board(path, keys=["hinton_kd", "at", "meal"])
    while missing := found.missing():
        for run in missing:
            start = f"w{run.seed}"
            result = {"accuracy": 0.8, "cpu_seconds": 3.0, "start": start}
            found.results.add(run, {**result, "steps": 125})
    assert "| `meal`, *2 teachers* |" in text(found)
    assert "| `at` |" in text(found)
    html = leaderboard_html.render([summary(found)], QUICK)
    assert "meal<br><small>2 teachers</small>" in html


def test_both_pages_say_how_good_a_cost_is(path):
    assert page.COSTS in plain(board(path))
    html = leaderboard_html.render([summary(board(path))], QUICK)
    # In the head, below the plot, and in its description.
    assert html.count(page.COSTS) == 3


def test_a_method_with_other_initial_weights_is_not_ranked(path):
    found = board(path)
    run = found.finals("at")[0]
    found.results.add(run, {**found.results.get(run), "start": "other"})
    said = text(found)
    assert "Broke the protocol" in said
    assert "| `at` |" not in said


def test_runs_have_the_commit_that_they_were_measured_at(path, monkeypatch):
    monkeypatch.setattr(provenance, "commit", lambda: "abc")
    found = board(path)
    monkeypatch.setattr(provenance, "commit", lambda: "def")
    # Two seeds of four controls and of two methods.
    for said in (
        plain(found),
        leaderboard_html.render([summary(found)], QUICK),
    ):
        assert "commit def. Runs are kept until the code" in said
        assert "since they were measured: 12 at abc." in said


def test_a_method_that_failed_is_counted_beside_those_that_ran(path):
    found = board(path, keys=["hinton_kd", "at"])
    assert "could not be trained" not in plain(found)
    run = found.finals("at")[0]
    found.results.add(run, {"error": "InputError: no"})
    said = plain(found)
    assert "All 1 methods that fit have run. 1 more could not be" in said
    assert "Could not be trained here: - `at`: InputError: no" in said


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
    html = leaderboard_html.render([summary(board(path))], QUICK)
    assert html.count("<svg") == 2
    assert "<script" not in html
    links = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(link.startswith("#") for link in links)
    assert "hinton_kd" in html


def test_names_of_close_points_do_not_cover_each_other(path):
    # Nine methods whose gains differ by a hundredth of a point.
    rows = [row(f"m{i}", gain=2 + i / 100, cost=2 + i / 100) for i in range(9)]
    found = dataclasses.replace(
        summary(board(path)), rows=[*rows, row("far", gain=-8.0)]
    )
    drawn = re.findall(
        r'<text[^>]* y="([\d.]+)"[^>]*>m\d</text>',
        leaderboard_html.costs(found),
    )
    heights = sorted(map(float, drawn))
    assert len(heights) == 9
    assert min(b - a for a, b in zip(heights, heights[1:])) > 8.0
