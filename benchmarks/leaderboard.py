"""Compares all methods that fit a task, by one fair protocol; writes a page.

    make leaderboard                                # the main task; hours
    make leaderboard-quick                          # that it works; minutes
    python -m benchmarks.leaderboard --task=fashion_200 --methods=at,rkd
    python -m benchmarks.leaderboard --page         # only write the pages
    python -m benchmarks.leaderboard --list         # who enters, who does not

Every entry of a task has the same student, the same initial weights, images,
order of batches and number of steps, seed by seed. It chooses among a few
hyperparameters (`leaderboard_grids.py`) on the eval split with other seeds,
and is then scored once a seed on the test split. Two worker processes of one
thread each. What is finished is kept: interrupt it, and start it again.
"""

import argparse
import concurrent.futures
import multiprocessing
import pathlib
import sys

from rich import progress

from benchmarks import leaderboard_budget
from benchmarks import learning

ROOT = pathlib.Path(__file__).parents[1]
WORKERS = 2
RUNS_OF_A_WORKER = 50
CHANGED = (
    "not kept, since the code has changed meanwhile; the same command, "
    "started again, repeats it"
)
QUICK_METHODS = ["hinton_kd", "at", "sp"]


def folder(budget):
    """Returns where a budget's pages are; runs lie in a folder in it."""
    if budget is leaderboard_budget.FULL:
        return ROOT / "docs/results"
    return ROOT / "runs/leaderboard" / budget.name


def boards(names, budget, keys=None, again=False):
    """Returns the `Board`s of tasks, and of those that lend them settings."""
    from benchmarks import leaderboard_runs as runs
    from benchmarks import leaderboard_tasks

    found = {}
    for name in _ordered(names):
        path = folder(budget) / "leaderboard" / f"{name}.json"
        task = leaderboard_tasks.get(name)
        found[name] = runs.Board(
            task,
            budget,
            runs.Results(path),
            keys,
            again,
            lender=found.get(task.settings_of),
        )
    return list(found.values())


def _ordered(names):
    """Returns tasks, each behind the one that lends it settings."""
    from benchmarks import leaderboard_tasks

    found = []
    for name in names:
        found += [leaderboard_tasks.get(name).settings_of, name]
    return list(dict.fromkeys(filter(None, found)))


def train(name, run, budget):
    """Trains one run in a worker."""
    from benchmarks import leaderboard_worker

    return leaderboard_worker.train(name, run, budget)


def execute(wanted, *, start, workers=WORKERS):
    """Runs what a board lacks; each result is saved as it comes.

    What comes next depends on what came: an entry's reported runs follow
    when its grid is done.

    Args:
        wanted: A `Board`.
        start: Called with a run; returns a future of its result.
        workers: Runs at a time.
    """
    flying, failed = {}, set()
    with _bar() as bar:
        done, total = wanted.progress()
        shown = bar.add_task(wanted.task.name, completed=done, total=total)
        while True:
            waiting = [
                run
                for run in wanted.missing()
                if run.name not in failed | {r.name for r in flying.values()}
            ]
            for run in waiting[: workers - len(flying)]:
                flying[start(run)] = run
            if not flying:
                return
            finished, _ = concurrent.futures.wait(
                flying, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in finished:
                run = flying.pop(future)
                result = future.result()
                if not wanted.current(run):
                    failed.add(run.name)
                    bar.console.print(f"{run.name}: {CHANGED}")
                    continue
                wanted.results.add(run, result)
                if "error" in result:
                    failed.add(run.name)
                done, total = wanted.progress()
                bar.update(shown, completed=done, total=total)
                bar.console.print(_line(run, result, done, total))


def _bar():
    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left:"),
        progress.TimeRemainingColumn(),
        # Runs take 10 seconds to minutes: an hour of them tells what is left.
        speed_estimate_period=3600,
    )


def _line(run, result, done, total):
    if "error" in result:
        said = result["error"]
    else:
        said = f"{100 * result['accuracy']:.2f} %"
    return f"{done} of {total}: {run.name}: {said}"


def summaries(budget):
    """Returns a `Summary` of each task."""
    from benchmarks import leaderboard_summary
    from benchmarks import leaderboard_tasks

    found = boards(leaderboard_tasks.names(), budget)
    return [leaderboard_summary.summary(each) for each in found]


def write_pages(budget):
    """Writes the Markdown and the HTML page of all tasks that have runs."""
    from benchmarks import leaderboard_across
    from benchmarks import leaderboard_html
    from benchmarks import leaderboard_page
    from benchmarks import leaderboard_picture

    found = summaries(budget)
    target = folder(budget)
    target.mkdir(parents=True, exist_ok=True)
    for suffix, render in (
        ("md", leaderboard_page.render),
        ("html", leaderboard_html.render),
    ):
        text = render(found, budget)
        (target / f"leaderboard.{suffix}").write_text(text, encoding="utf-8")
    together = leaderboard_across.across(found)
    if together:
        path = target / leaderboard_page.PICTURE
        path.write_text(leaderboard_picture.render(together), encoding="utf-8")
    return target / "leaderboard.md"


def list_entries(found):
    """Prints what enters a board, with its grid, and what does not."""
    from benchmarks import leaderboard_entries as entries

    for key in (*entries.CONTROLS, *found.keys):
        print(f"{key}: {max(1, len(found.grid(key)))} settings")
    for key, reason in entries.left_out(found.task).items():
        print(f"{key}: left out, {reason}")


def parse(arguments):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--task", default="fashion_1k", help="or 'all'")
    parser.add_argument("--methods", default="", help="keys, comma separated")
    parser.add_argument("--quick", action="store_true", help="minutes; a test")
    parser.add_argument("--page", action="store_true", help="only the pages")
    parser.add_argument("--list", action="store_true", help="who enters")
    parser.add_argument(
        "--again", action="store_true", help="repeats runs that failed"
    )
    return parser, parser.parse_args(arguments)


def checked(parser, arguments):
    """Returns the names of tasks and the keys of methods, or ends."""
    from benchmarks import leaderboard_tasks
    from tfkd import errors
    from tfkd import methods

    known = leaderboard_tasks.names()
    tasks = known if arguments.task == "all" else [arguments.task]
    keys = [key for key in arguments.methods.split(",") if key] or None
    if arguments.quick and keys is None:
        keys = QUICK_METHODS
    try:
        for name in tasks:
            if name not in known:
                raise errors.unknown("task", name, known)
        for key in keys or ():
            methods.get(key)
    except errors.InputError as error:
        parser.error(str(error))
    return tasks, keys


def main(arguments=None):
    """Runs what is missing, and writes the pages."""
    parser, arguments = parse(arguments)
    learning.initialize()
    tasks, keys = checked(parser, arguments)
    quick = arguments.quick
    budget = leaderboard_budget.QUICK if quick else leaderboard_budget.FULL
    wanted = boards(tasks, budget, keys, arguments.again)
    if arguments.list:
        for found in wanted:
            list_entries(found)
        return
    interrupted = not arguments.page and not _run_all(wanted, budget)
    print(f"see {write_pages(budget).relative_to(ROOT)}", file=sys.stderr)
    if interrupted:
        sys.exit("interrupted; the same command goes on where it was")


class Workers:
    """Worker processes, which others take the place of after some runs.

    What TensorFlow keeps of the models of a run is freed with its process.
    `max_tasks_per_child` does the same, and may wait for ever in Python 3.11
    (python/cpython#115634).
    """

    def __init__(self, make_pool=None):
        self._make_pool = make_pool or _pool
        self._pool, self._left = None, 0

    def submit(self, *arguments):
        """Returns a future of `train` with these arguments."""
        if not self._left:
            # Runs of the last pool come to their end; then its processes do.
            self.close(wait=False)
            self._pool = self._make_pool()
            self._left = WORKERS * RUNS_OF_A_WORKER
        self._left -= 1
        return self._pool.submit(train, *arguments)

    def close(self, wait=True):
        """Ends the processes after the runs that have begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=wait)


def _pool():
    return concurrent.futures.ProcessPoolExecutor(
        WORKERS,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=learning.initialize,
    )


def _run_all(wanted, budget):
    """Runs what boards lack; returns whether it came to the end."""
    workers = Workers()
    try:
        for found in wanted:

            def start(run, name=found.task.name):
                return workers.submit(name, run, budget)

            execute(found, start=start)
    except KeyboardInterrupt:
        return False
    finally:
        workers.close()
    return True


if __name__ == "__main__":
    main()
