import dataclasses

import pytest

from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_runs as runs
from benchmarks import leaderboard_tasks
from benchmarks.leaderboard_budget import QUICK

TASK = leaderboard_tasks.get("fashion_1k")
BUDGET = dataclasses.replace(QUICK, grid_points=3)


def board(path, keys=("at",), budget=BUDGET, **options):
    return runs.Board(TASK, budget, runs.Results(path), list(keys), **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "task.json"


def finish(found, accuracy=0.5):
    """Runs all, as far as it goes, with a made result."""
    while missing := found.missing():
        for run in missing:
            found.results.add(run, {"accuracy": accuracy})


def test_controls_come_first_and_test_runs_wait_for_the_grid(path):
    found = board(path)
    missing = found.missing()
    first = [run.entry for run in missing]
    assert first[:2] == ["alone", "alone"]
    assert {run.split for run in missing if run.entry == "at"} == {"eval"}
    assert {run.seed for run in missing if run.split == "eval"} == {100}


def test_the_best_of_the_eval_split_is_reported(path):
    found = board(path)
    for run in found.grid("at"):
        best = run.arguments["weight"] == 50.0
        found.results.add(run, {"accuracy": 0.9 if best else 0.8})
    finals = found.finals("at")
    assert [run.seed for run in finals] == list(BUDGET.seeds)
    assert all(run.split == "test" for run in finals)
    assert all(run.arguments == {"weight": 50.0} for run in finals)


def test_no_grid_seed_is_reported():
    assert not set(BUDGET.seeds) & set(BUDGET.grid_seeds)


def test_what_is_finished_is_not_run_again(path):
    found = board(path)
    total = found.progress()[1]
    # Interrupted after three runs.
    for run in found.missing()[:3]:
        found.results.add(run, {"accuracy": 0.5})
    again = board(path)
    assert again.progress() == (3, total)
    finish(again)
    assert board(path).missing() == []
    assert board(path).progress() == (total, total)


def test_total_is_known_before_the_grid_is(path):
    found = board(path)
    before = found.progress()[1]
    finish(found)
    assert found.progress() == (before, before)


def test_another_budget_repeats_everything(path):
    finish(board(path))
    longer = dataclasses.replace(BUDGET, steps=BUDGET.steps + 1)
    assert board(path, budget=longer).progress()[0] == 0


def test_more_seeds_repeat_nothing(path):
    finish(board(path))
    more = dataclasses.replace(BUDGET, seeds=(*BUDGET.seeds, 12))
    missing = board(path, budget=more).missing()
    assert {run.seed for run in missing} == {12}


def test_changed_code_repeats_the_method_alone(path, monkeypatch):
    finish(board(path, keys=["at", "sp"]))
    code = runs._code
    monkeypatch.setattr(
        runs, "_code", lambda p: code(p) + ("#" if p.stem == "at" else "")
    )
    missing = board(path, keys=["at", "sp"]).missing()
    assert {run.entry for run in missing} == {"at"}


def test_changed_protocol_repeats_all(path, monkeypatch):
    finish(board(path))
    code = runs._code
    monkeypatch.setattr(
        runs,
        "_code",
        lambda p: code(p) + ("#" if p.stem == "training" else ""),
    )
    assert board(path).progress()[0] == 0


def test_a_point_that_fails_is_not_chosen(path):
    found = board(path)
    first, *others = found.grid("at")
    found.results.add(first, {"error": "NaN"})
    for number, run in enumerate(others):
        found.results.add(run, {"accuracy": 0.5 + number})
    assert found.chosen("at") == others[-1].arguments


def test_a_method_that_refuses_the_task_is_told_and_not_reported(path):
    found = board(path)
    while missing := found.missing():
        for run in missing:
            refused = run.entry == "at"
            found.results.add(
                run, {"error": "widths differ"} if refused else {"accuracy": 1}
            )
    assert found.error("at") == "widths differ"
    assert found.reported("at") == {}
    done, total = found.progress()
    assert done == total
    # Asked for again, its failures are repeated.
    again = board(path, again=True)
    assert {run.entry for run in again.missing()} == {"at"}


def test_results_of_two_processes_are_both_kept(path):
    one, other = board(path), board(path)
    first, second = one.missing()[:2]
    one.results.add(first, {"accuracy": 0.1})
    other.results.add(second, {"accuracy": 0.2})
    assert board(path).done(first)
    assert board(path).done(second)


def test_a_subset_of_methods_is_no_other_board(path):
    finish(board(path, keys=["at"]))
    whole = runs.Board(TASK, BUDGET, runs.Results(path))
    assert whole.keys == entries.entering(TASK)
    assert whole.complete("at")
    assert not whole.complete("sp")


def borrowing(path, lender, keys=("at",), **options):
    task = leaderboard_tasks.get("fashion_100")
    return runs.Board(
        task, BUDGET, runs.Results(path), list(keys), lender=lender, **options
    )


def test_settings_are_borrowed_from_the_task_that_lends_them(path):
    lender = board(path)
    found = borrowing(path.with_name("other.json"), lender)
    # Controls choose on their own; a method waits for the other task.
    assert not [run for run in found.missing() if run.entry == "at"]
    assert [run for run in found.missing() if run.entry == "svm"]
    finish(lender)
    assert found.grid("at") == []
    finals = [run for run in found.missing() if run.entry == "at"]
    assert [run.seed for run in finals] == list(BUDGET.seeds)
    assert {run.split for run in finals} == {"test"}
    assert finals[0].arguments == lender.chosen("at")
    finish(found)
    done, total = found.progress()
    assert done == total


def test_what_the_lender_could_not_train_is_not_waited_for(path):
    lender = board(path)
    for run in lender.grid("at"):
        lender.results.add(run, {"error": "it does not fit"})
    found = borrowing(path.with_name("other.json"), lender)
    finish(found)
    done, total = found.progress()
    assert done == total
    assert found.error("at") == "it does not fit"


def test_methods_that_the_lender_lacks_choose_on_their_own(path):
    task = leaderboard_tasks.get("fashion_unlabelled")
    found = runs.Board(
        task,
        BUDGET,
        runs.Results(path),
        ["mean_teacher"],
        lender=board(path.with_name("other.json")),
    )
    assert len(found.grid("mean_teacher")) == BUDGET.grid_points
