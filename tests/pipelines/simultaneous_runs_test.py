import errno
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading

import pipeline_fakes as fakes
import pytest

from tfkd.errors import InputError
from tfkd.pipelines import locks
from tfkd.pipelines.progress import ProgressView
from tfkd.pipelines.runners.local import LocalDagRunner


def test_five_identical_runs_at_once_do_the_work_once(tmp_path):
    fakes.build(tmp_path)
    code = (
        "import sys, json, pipeline_fakes as fakes\n"
        "from tfkd.pipelines.runners.local import LocalDagRunner\n"
        "LocalDagRunner().run(fakes.build(sys.argv[1]))\n"
        "sys.stdout.write(json.dumps(fakes.calls))\n"
    )
    folder = os.path.dirname(fakes.__file__)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, tmp_path],
            stdout=subprocess.PIPE,
            cwd=folder,
        )
        for _ in range(5)
    ]
    calls = [json.loads(process.communicate()[0]) for process in processes]
    assert sorted(sum(calls, [])) == sorted(fakes.CREATED)


def test_runs_of_other_parameters_do_not_disturb_each_other(tmp_path):
    rates = [1.0, 2.0, 3.0]
    threads = [
        threading.Thread(
            target=LocalDagRunner().run, args=[fakes.build(tmp_path, rate=rate)]
        )
        for rate in rates
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fakes.calls) == ["Other", "Source"] + ["Student"] * 3 + [
        "Teacher"
    ]
    for rate in rates:
        result = fakes.run(tmp_path, rate=rate)
        assert set(fakes.states(result).values()) == {"cached"}
        [path] = pathlib.Path(result.nodes["Student"].outputs["model"]).glob(
            "model.json"
        )
        assert json.loads(path.read_text()) == ["hello", rate]


def test_a_run_says_whom_it_waits_for(tmp_path):
    began, go_on = threading.Event(), threading.Event()
    seen = []

    class View(ProgressView):
        def reported(self, node_id, values):
            seen.append((node_id, values["message"]))
            go_on.set()

    def wait(executor):
        began.set()
        assert go_on.wait(60)

    fakes.behaviour["Source"] = wait
    first = threading.Thread(
        target=LocalDagRunner().run, args=[fakes.build(tmp_path)]
    )
    first.start()
    assert began.wait(60)
    view = View(quiet=True)
    result = LocalDagRunner(progress=view).run(fakes.build(tmp_path))
    first.join()
    assert fakes.states(result)["Source"] == "cached"
    message = f"waits for process {os.getpid()} on {socket.gethostname()}"
    assert seen[0] == ("Source", f"{message}, which is making it")


def test_a_lease_is_dead_when_its_process_or_boot_is_gone():
    mine = locks.lease()
    assert locks.is_alive(mine)
    assert locks.is_alive(mine | {"host": "elsewhere"})
    assert not locks.is_alive(mine | {"boot_id": "before"})
    assert not locks.is_alive(mine | {"started": mine["started"] - 1})
    assert not locks.is_alive({})
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not locks.is_alive(mine | {"pid": child.pid})


def test_work_in_a_container_that_is_not_seen_is_left_alone(
    tmp_path, monkeypatch
):
    def another_container(executor):
        # It has this host's name, and no such process.
        monkeypatch.setattr(locks, "is_alive", lambda holder: False)
        source, _ = fakes.build(tmp_path, text="other").part((), ("Source",))
        LocalDagRunner().run(source)

    fakes.behaviour["Teacher"] = another_container
    result = LocalDagRunner().run(fakes.build(tmp_path))
    assert set(fakes.states(result).values()) == {"executed"}


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    def flock(file, kind):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(locks.fcntl, "flock", flock)
    with pytest.raises(InputError, match="must have locks"):
        LocalDagRunner().run(fakes.build(tmp_path))
