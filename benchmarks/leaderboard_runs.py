"""The runs of a task: which there are, which are done, what comes next."""

import contextlib
import dataclasses
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import statistics

from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_grids as grids
from benchmarks import learning
from benchmarks import provenance
from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import module_of
from benchmarks.leaderboard_tasks import task as protocol
from benchmarks.leaderboard_tasks import training


@dataclasses.dataclass(frozen=True)
class Run:
    """One training and its score.

    Attributes:
        entry: Key of a method, or a control.
        split: That it is scored on: `"eval"` chooses, `"test"` reports.
        seed: Of images, initial weights and order.
        arguments: A point of the entry's grid.
        fingerprint: Hash of all that the result depends on.
    """

    entry: str
    split: str
    seed: int
    arguments: dict
    fingerprint: str

    @property
    def name(self):
        """Its key among the results."""
        if self.split == "test":
            return f"test/{self.entry}/{self.seed}"
        point = ",".join(f"{k}={v}" for k, v in self.arguments.items())
        return f"eval/{self.entry}/{self.seed}/{point}"


class Results:
    """Finished runs in a JSON file, which several processes may write.

    Args:
        path: Of the file, which need not exist.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._found = self._read()

    def get(self, run):
        """Returns the result of a run; `None` if it has none, or an old one."""
        result = self._found.get(run.name)
        current = result and result["fingerprint"] == run.fingerprint
        return result if current else None

    def add(self, run, result):
        """Stores the result of a run."""
        shown = {k: _plain(v) for k, v in run.arguments.items()}
        result = {
            **result,
            "arguments": shown,
            "fingerprint": run.fingerprint,
            "commit": provenance.commit(),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path.parent):
            self._found = {**self._read(), run.name: result}
            partial = self.path.with_suffix(".partial")
            partial.write_text(_text(self._found), encoding="utf-8")
            partial.replace(self.path)

    def _read(self):
        if not self.path.exists():
            return {}
        return json.loads(self.path.read_text(encoding="utf-8"))


class Board:
    """All runs of a task.

    Args:
        task: A `Task`.
        budget: A `Budget`.
        results: Its `Results`.
        keys: Of the methods that may run; all that fit if absent.
        again: Whether runs that ended in an error are not done.
        lender: The `Board` of `task.settings_of`, where there is one.
    """

    def __init__(
        self, task, budget, results, keys=None, again=False, lender=None
    ):
        self.task = task
        self.budget = budget
        self.results = results
        self.again = again
        self.lender = lender
        self.entering = entries.entering(task)
        self.keys = [
            key for key in self.entering if keys is None or key in keys
        ]
        # More seeds or points of a grid change no run that is finished.
        self._settings = _key(
            {
                "steps": budget.steps,
                "teacher_images": budget.teacher_images,
                "teacher_epochs": budget.teacher_epochs,
                "scored": budget.scored,
            }
        )
        self._protocol = self._sources(_code)

    def grid(self, entry):
        """Returns the runs here that choose an entry's hyperparameters."""
        if self._borrows(entry):
            return []
        points = grids.points(entry, _method(entry))
        if len(points) == 1:
            return []
        return [
            self._run(entry, "eval", seed, point)
            for point in points[: self.budget.grid_points]
            for seed in self.budget.grid_seeds
        ]

    def chosen(self, entry):
        """Returns the arguments that an entry is reported with.

        `None` if its grid is not done, or no point of it could be trained.
        """
        if self._borrows(entry):
            return self.lender.chosen(entry)
        runs = self.grid(entry)
        if not runs:
            return grids.points(entry, _method(entry))[0]
        if not all(self.done(run) for run in runs):
            return None
        scores = {}
        for run in runs:
            accuracy = self.results.get(run).get("accuracy")
            scores.setdefault(_key(run.arguments), []).append((accuracy, run))
        trained = [
            (statistics.mean(a for a, _ in found), found[0][1].arguments)
            for found in scores.values()
            if all(accuracy is not None for accuracy, _ in found)
        ]
        # The first of equal ones: the order of the table, not of a sort.
        return max(trained, key=lambda item: item[0])[1] if trained else None

    def finals(self, entry):
        """Returns the reported runs; none before the hyperparameters are."""
        arguments = self.chosen(entry)
        if arguments is None:
            return []
        return [
            self._run(entry, "test", seed, arguments)
            for seed in self.budget.seeds
        ]

    def done(self, run):
        """Whether a run need not be run."""
        result = self.results.get(run)
        return result is not None and not (self.again and "error" in result)

    def missing(self):
        """Returns the runs that can be run now, in order."""
        found = []
        for entry in (*entries.CONTROLS, *self.keys):
            runs = [run for run in self.grid(entry) if not self.done(run)]
            runs = runs or self.finals(entry)
            found += [run for run in runs if not self.done(run)]
        return found

    def progress(self):
        """Returns the numbers of finished runs, and of all."""
        done = total = 0
        for entry in (*entries.CONTROLS, *self.keys):
            chooses, reports = self.grid(entry), self.finals(entry)
            done += sum(self.done(run) for run in (*chooses, *reports))
            count = 0 if self._refused(entry) else len(self.budget.seeds)
            total += len(chooses) + count
        return done, total

    def reported(self, entry):
        """Returns seed to result of the reported runs, those without error."""
        found = {run.seed: self.results.get(run) for run in self.finals(entry)}
        return {s: r for s, r in found.items() if r and "error" not in r}

    def complete(self, entry):
        """Whether all seeds of an entry are reported."""
        return len(self.reported(entry)) == len(self.budget.seeds)

    def error(self, entry):
        """Returns why an entry could not be trained, `""` if it could."""
        if self._borrows(entry) and self._refused(entry):
            return self.lender.error(entry)
        runs = self.finals(entry) or self.grid(entry)
        found = [self.results.get(run) or {} for run in runs]
        errors = [result["error"] for result in found if "error" in result]
        return errors[0] if errors else ""

    def _borrows(self, entry):
        """Whether another task's eval split chooses for an entry."""
        return self.lender is not None and entry in self.lender.entering

    def _refused(self, entry):
        """Whether no point of an entry's grid could be trained."""
        if self._borrows(entry):
            return self.lender._refused(entry)
        runs = self.grid(entry)
        chosen = self.chosen(entry)
        return bool(runs) and chosen is None and all(map(self.done, runs))

    def current(self, run):
        """Whether the code is still that of a run's fingerprint.

        A worker that starts late imports what is on disk by then.
        """
        sources = self._sources(learning.code)
        mark = _mark(sources, run.entry, run.arguments, learning.code)
        return mark == run.fingerprint

    def _sources(self, code):
        modules = (fashion, protocol, training, module_of(self.task.name))
        return [code(pathlib.Path(module.__file__)) for module in modules] + [
            self._settings
        ]

    def _run(self, entry, split, seed, arguments):
        mark = _mark(self._protocol, entry, arguments, _code)
        return Run(entry, split, seed, arguments, mark)


def _mark(sources, entry, arguments, code):
    method = _method(entry)
    parts = [*sources, code(method.path) if method else "", _key(arguments)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@contextlib.contextmanager
def _locked(folder):
    """Keeps other processes from writing into a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


_code = functools.cache(learning.code)


def _method(entry):
    from tfkd import methods

    return None if entry in grids.CONTROLS else methods.get(entry)


def _key(arguments):
    return json.dumps(arguments, default=repr, sort_keys=True)


def _plain(value):
    return json.loads(json.dumps(value, default=str))


def _text(found):
    """One run a line, so that a change shows as one."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}"
        for name in sorted(found)
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"
