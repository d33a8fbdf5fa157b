import concurrent.futures

import pytest

from benchmarks import leaderboard
from benchmarks import leaderboard_runs as runs
from benchmarks import leaderboard_tasks
from benchmarks.leaderboard_budget import FULL
from benchmarks.leaderboard_budget import QUICK


def board(path):
    task = leaderboard_tasks.get("fashion_1k")
    return runs.Board(task, QUICK, runs.Results(path), ["at"])


def answered(result):
    future = concurrent.futures.Future()
    future.set_result(result)
    return future


def test_runs_everything_once(tmp_path):
    seen = []

    def start(run):
        seen.append(run.name)
        return answered({"accuracy": 0.5})

    found = board(tmp_path / "task.json")
    leaderboard.execute(found, start=start)
    assert found.missing() == []
    assert len(seen) == len(set(seen)) == found.progress()[1]
    leaderboard.execute(board(tmp_path / "task.json"), start=start)
    assert len(seen) == found.progress()[1]


def test_goes_on_where_it_was_killed(tmp_path):
    seen = []

    def start(run):
        if len(seen) == 4:
            raise KeyboardInterrupt
        seen.append(run.name)
        return answered({"accuracy": 0.5})

    with pytest.raises(KeyboardInterrupt):
        leaderboard.execute(board(tmp_path / "task.json"), start=start)
    first = list(seen)
    seen.clear()

    def go_on(run):
        seen.append(run.name)
        return answered({"accuracy": 0.5})

    found = board(tmp_path / "task.json")
    leaderboard.execute(found, start=go_on)
    assert found.missing() == []
    # Two were in flight, or just finished, when it was killed.
    assert len(set(first) & set(seen)) <= leaderboard.WORKERS


def test_failures_end_and_are_kept(tmp_path):
    found = board(tmp_path / "task.json")

    def start(run):
        failed = run.entry == "at"
        return answered({"error": "no"} if failed else {"accuracy": 0.5})

    leaderboard.execute(found, start=start)
    assert found.error("at") == "no"


def test_what_ran_while_the_code_changed_is_not_kept(tmp_path, monkeypatch):
    code = runs.learning.code
    found = board(tmp_path / "task.json")

    def start(run):
        if run.entry == "at":
            monkeypatch.setattr(runs.learning, "code", lambda p: code(p) + "#")
        return answered({"accuracy": 0.5})

    leaderboard.execute(found, start=start)
    assert found.progress()[0] > 0
    assert not any(found.done(run) for run in found.grid("at"))


def test_a_killed_worker_is_no_result(tmp_path):
    found = board(tmp_path / "task.json")

    def start(run):
        future = concurrent.futures.Future()
        future.set_exception(
            concurrent.futures.process.BrokenProcessPool("killed")
        )
        return future

    with pytest.raises(concurrent.futures.process.BrokenProcessPool):
        leaderboard.execute(found, start=start)
    assert found.progress()[0] == 0


def test_quick_runs_write_nothing_into_the_documents():
    assert "docs" not in leaderboard.folder(QUICK).parts
    assert leaderboard.folder(FULL).parts[-2:] == ("docs", "results")


@pytest.mark.parametrize(
    ("option", "told"),
    [("--task=fashion_1l", "fashion_1k"), ("--methods=hintn_kd", "hinton_kd")],
)
def test_an_unknown_name_is_told_with_its_neighbour(option, told, capsys):
    parser, arguments = leaderboard.parse([option])
    with pytest.raises(SystemExit):
        leaderboard.checked(parser, arguments)
    assert told in capsys.readouterr().err


def test_workers_are_replaced_after_some_runs(monkeypatch):
    monkeypatch.setattr(leaderboard, "RUNS_OF_A_WORKER", 2)
    events = []

    class Pool:
        def __init__(self):
            self.number = sum(event[0] == "made" for event in events)
            events.append(("made", self.number))

        def submit(self, function, *arguments):
            assert function is leaderboard.train
            events.append((self.number, *arguments))

        def shutdown(self, wait):
            events.append(("shut", self.number, wait))

    workers = leaderboard.Workers(Pool)
    for run in range(5):
        workers.submit(run)
    workers.close()
    assert events == [
        ("made", 0),
        *((0, run) for run in range(4)),
        ("shut", 0, False),
        ("made", 1),
        (1, 4),
        ("shut", 1, True),
    ]
