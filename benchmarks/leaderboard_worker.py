"""What a worker process of the leaderboard does."""

import keras

from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_grids as grids
from benchmarks import leaderboard_tasks
from benchmarks.leaderboard_tasks import training
from tfkd import methods


def train(name, run, budget):
    """Trains and scores one run.

    Args:
        name: Of the task.
        run: A `Run`.
        budget: A `Budget`.

    Returns:
        The result as a dict; `{"error": message}` if the method refused the
        task or its training failed.
    """
    task = leaderboard_tasks.get(name)
    try:
        return _train(task, run, budget)
    except Exception as error:
        # A method that fails is a result; a killed worker is none.
        text = " ".join(str(error).split())
        return {"error": f"{type(error).__name__}: {text}"[:400]}
    finally:
        keras.backend.clear_session(free_memory=True)


def _train(task, run, budget):
    setting = task.setting(run.seed, budget)
    arguments = grids.resolved(
        run.arguments, steps=setting.steps, examples=setting.examples
    )
    if run.entry in CONTROLS:
        return CONTROLS[run.entry](task, setting, run.split, **arguments)
    method = methods.get(run.entry)
    return training.distilled(
        task,
        setting,
        run.split,
        method,
        kind=entries.kind(method),
        **arguments,
    )


CONTROLS = {
    "alone": training.alone,
    "smoothing": training.alone,
    "svm": training.classical,
    "teacher": training.teacher,
}
