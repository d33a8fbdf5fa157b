"""What the results of a task come to, before a page tells it."""

import dataclasses

from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_statistics as statistics


@dataclasses.dataclass(frozen=True)
class Summary:
    """What is known of a task.

    Attributes:
        task: The `Task`.
        controls: Control to seed to result.
        arguments: Entry to chosen hyperparameters.
        rows: Finished methods, the largest gain first.
        refusal: Why nothing is evidence, or `""`.
        unfair: Why the control is no fair baseline, or `""`.
        compared: Whether the classical model has run, which tells that.
        unequal: Key to reason, of methods that broke the protocol.
        failed: Key to error.
        left_out: Key to reason.
        waiting: Keys of methods that have not finished.
        started: Whether any run is finished.
        runs: Results that the page shows.
        path: Of the file that holds them.
    """

    task: object
    controls: dict
    arguments: dict
    rows: list
    refusal: str
    unfair: str
    compared: bool
    unequal: dict
    failed: dict
    left_out: dict
    waiting: list
    started: bool
    runs: list
    path: object

    @property
    def finished(self):
        """Keys of the methods that have all their seeds."""
        return [key for key in self.arguments if key not in entries.CONTROLS]

    def of(self, verdict):
        """Returns the rows with a verdict."""
        return [row for row in self.rows if row.verdict == verdict]


def summary(board):
    """Sums a board up; methods that lack a seed are waiting."""
    controls = {name: board.reported(name) for name in entries.CONTROLS}
    alone = controls["alone"] if board.complete("alone") else {}
    found = {k: board.reported(k) for k in board.keys if board.complete(k)}
    unequal = {
        key: reason
        for key, results in found.items()
        if alone and (reason := statistics.unequal(results, alone))
    }
    teacher = controls["teacher"] if board.task.judged else {}
    teacher = teacher if board.complete("teacher") else {}
    rows = [
        statistics.row(
            key,
            results,
            alone=alone,
            hinton=found.get("hinton_kd", {}),
            teacher=teacher,
        )
        for key, results in found.items()
        if alone and key not in unequal
    ]
    errors = {key: board.error(key) for key in board.keys}
    failed = {key: error for key, error in errors.items() if error}
    return Summary(
        task=board.task,
        controls=controls,
        arguments={
            entry: board.chosen(entry) for entry in (*entries.CONTROLS, *found)
        },
        rows=sorted(rows, key=lambda row: -row.gain.mean),
        refusal=statistics.refusal(
            alone,
            classes=board.task.classes,
            examples=board.budget.scored,
            error=board.error("alone"),
        ),
        unfair=statistics.unfair(alone, controls["svm"]),
        compared=board.complete("svm"),
        unequal=unequal,
        failed=failed,
        left_out=entries.left_out(board.task),
        waiting=[k for k in board.keys if k not in found and k not in failed],
        started=any(controls.values()),
        runs=[
            result
            for results in (*controls.values(), *found.values())
            for result in results.values()
        ],
        path=board.results.path,
    )
