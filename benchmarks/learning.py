"""Trains every method and its control on real images; writes the table.

    python benchmarks/learning.py                  # what is missing or changed
    python benchmarks/learning.py --methods=at,rkd # only these
    python benchmarks/learning.py --split=eval --seeds=0 --methods=at
                                                   # to choose arguments

Two worker processes of one thread each; 5 to 60 seconds a run. Several of
these may run side by side: each saves what it finished.
"""

import argparse
import ast
import concurrent.futures
import fcntl
import functools
import hashlib
import json
import multiprocessing
import os
import pathlib
import re
import sys
import threading
import time

from rich.progress import track

ROOT = pathlib.Path(__file__).parents[1]
HERE = pathlib.Path(__file__).parent
# The library beside this file is measured, whichever is installed.
PATHS = [str(HERE), str(ROOT)]
RESULTS = {
    "test": ROOT / "docs/results/learning.json",
    "eval": ROOT / "runs/learning_eval.json",  # Not committed.
}
TABLE = ROOT / "docs/results/learning.md"
SEEDS = (0, 1, 2)
_PROTOCOL_IMPORT = re.compile(r"from learning_protocols\.(\w+) import")


def initialize():
    """Gives a process one thread; a worker ends with what started it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = functools.partial(_end_with, parent)
        threading.Thread(target=watch, daemon=True).start()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    sys.path[:0] = PATHS
    from tfkd import quiet

    with quiet.aside():
        import tensorflow as tf

    # Models of many runs in one process look like needless retracing.
    tf.get_logger().setLevel("ERROR")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _end_with(parent):
    parent.join()
    os._exit(1)


def run(job):
    """Trains one method, or a control, with one seed."""
    task, key, seed, arguments, split = job
    import keras
    import learning_protocols

    from tfkd import methods

    method = methods.get(key) if key else None
    start = time.process_time()
    accuracy = learning_protocols.TASKS[task](
        method, seed, arguments, split=split
    )
    keras.backend.clear_session(free_memory=True)
    seconds = time.process_time() - start
    if method is not None and method.card.get("teacher") == "none":
        # A teacher that is given to it is a peer, and has learned on.
        forget_teachers()
    return accuracy, seconds


def forget_teachers():
    """Lets protocols train anew what they keep for the runs of a process."""
    for name, module in list(sys.modules.items()):
        if name.startswith("learning_protocols."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def jobs(keys, split, seeds=SEEDS):
    """Yields (name of the result, fingerprint, job), controls first."""
    from learning_cases import CASES

    from tfkd import methods

    for task in dict.fromkeys(CASES[key].task for key in keys):
        for seed in seeds:
            job = (task, None, seed, {}, split)
            yield f"{split}/control:{task}/{seed}", _hash(*protocol(task)), job
    for key in keys:
        case = CASES[key]
        source = code(methods.get(key).path)
        for seed in seeds:
            mark = _hash(
                source, *protocol(case.task), json.dumps(case.arguments)
            )
            job = (case.task, key, seed, case.arguments, split)
            yield f"{split}/{key}/{seed}", mark, job


def protocol(task):
    """Returns the sources that define a task, without importing them.

    They are its module, those that it uses, and `digits`.
    """
    folder = HERE / "learning_protocols"
    sources = {path.stem: path.read_text() for path in folder.glob("*.py")}
    (own,) = (
        name for name, text in sources.items() if f"@task\ndef {task}(" in text
    )
    used, known = set(), {"digits", own}
    while known - used:
        name = (known - used).pop()
        used.add(name)
        known |= set(_PROTOCOL_IMPORT.findall(sources[name]))
    return [sources[name] for name in sorted(used)]


def code(path):
    """Returns a method's code without its card, docstrings and comments."""
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if not _is_card(node)]
    for node in ast.walk(tree):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree)


def _is_card(node):
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(getattr(target, "id", "") == "CARD" for target in targets)


def _hash(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def load(split):
    """Reads finished runs."""
    path = RESULTS[split]
    return json.loads(path.read_text()) if path.exists() else {}


def save(split, name, result):
    """Adds a finished run to the file, which other processes write too."""
    path = RESULTS[split]
    path.parent.mkdir(parents=True, exist_ok=True)
    lock_file = ROOT / "runs/learning.lock"
    lock_file.parent.mkdir(exist_ok=True)
    with open(lock_file, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = {**load(split), name: result}
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        partial.replace(path)


def execute(todo, results, split):
    """Runs jobs on two workers; each result is saved as it comes."""
    import provenance

    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        2, mp_context=context, initializer=initialize
    ) as pool:
        futures = {pool.submit(run, job): (n, m) for n, m, job in todo}
        done = concurrent.futures.as_completed(futures)
        failed = []
        for future in track(done, total=len(futures), description="training"):
            name, mark = futures[future]
            try:
                accuracy, seconds = future.result()
            except Exception as error:
                failed.append(f"{name}: {type(error).__name__}: {error}")
                continue
            results[name] = {
                "accuracy": accuracy,
                "cpu_seconds": round(seconds, 1),
                "fingerprint": mark,
                "commit": provenance.commit(),
            }
            save(split, name, results[name])
    for line in failed:
        print(line, file=sys.stderr)
    return not failed


def current(results):
    """Returns the runs of the methods and protocols as they are now."""
    from learning_cases import CASES

    return {
        name: results[name]
        for name, mark, _ in jobs(list(CASES), "test")
        if results.get(name, {}).get("fingerprint") == mark
    }


def main():
    """Runs what is missing, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", default="", help="keys, comma separated")
    parser.add_argument(
        "--table", action="store_true", help="only write the table"
    )
    parser.add_argument("--split", default="test", choices=("eval", "test"))
    parser.add_argument(
        "--seeds", default=",".join(map(str, SEEDS)), help="comma separated"
    )
    arguments = parser.parse_args()
    sys.path[:0] = PATHS
    import learning_table
    from learning_cases import CASES

    keys = [key for key in arguments.methods.split(",") if key] or list(CASES)
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    unknown = [key for key in keys if key not in CASES]
    if unknown:
        parser.error(f"there is no learning case of {', '.join(unknown)}")
    results = load(arguments.split)
    todo = [
        (name, mark, job)
        for name, mark, job in jobs(keys, arguments.split, seeds)
        if results.get(name, {}).get("fingerprint") != mark
    ]
    print(f"{len(todo)} runs to do")
    todo = [] if arguments.table else todo
    succeeded = execute(todo, results, arguments.split) if todo else True
    if arguments.split == "test":
        # What an older method or protocol gave is no result of these.
        TABLE.write_text(learning_table.render(current(results)))
        print(TABLE.read_text())
    else:
        tasks = dict.fromkeys(CASES[key].task for key in keys)
        for name in [*(f"control:{task}" for task in tasks), *keys]:
            runs = [results.get(f"eval/{name}/{seed}") for seed in seeds]
            values = [100 * run["accuracy"] for run in runs if run]
            print(name, *(f"{value:.1f}" for value in values))
    sys.exit(0 if succeeded else 1)


if __name__ == "__main__":
    main()
