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
import hashlib
import json
import multiprocessing
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

from rich.progress import track

ROOT = pathlib.Path(__file__).parents[1]
HERE = pathlib.Path(__file__).parent
RESULTS = {
    "test": ROOT / "docs/results/learning.json",
    "eval": ROOT / "runs/learning_eval.json",  # Not committed.
}
TABLE = ROOT / "docs/results/learning.md"
SEEDS = (0, 1, 2)


def initialize():
    """Gives a worker process one thread."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    sys.path.insert(0, str(HERE))
    from tfkd import quiet

    with quiet.aside():
        import tensorflow as tf

    # Models of many runs in one process look like needless retracing.
    tf.get_logger().setLevel("ERROR")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


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
    return accuracy, time.process_time() - start


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
    """Returns the sources that define a task, without importing them."""
    folder = HERE / "learning_protocols"
    sources = {path.stem: path.read_text() for path in folder.glob("*.py")}
    (own,) = (
        name for name, text in sources.items() if f"@task\ndef {task}(" in text
    )
    return [sources[name] for name in sorted({"digits", own})]


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
            }
            save(split, name, results[name])
    for line in failed:
        print(line, file=sys.stderr)
    return not failed


def table(results):
    """Renders finished runs on the test split as Markdown."""
    from learning_cases import CASES

    lines = [
        "# Does it learn? Every method against its control",
        "",
        "Generated by `python benchmarks/learning.py`; do not edit. Score on",
        "the test split in percent, mean ± standard deviation over seeds "
        + ", ".join(map(str, SEEDS))
        + ": accuracy, but for",
        "mean IoU (`scenes_segmentation`) and AP at IoU 0.5",
        "(`scenes_detection`). The gain is paired by seed with the control:",
        "the same student, labels, initial weights and number of steps,",
        "without the method. The protocols are in",
        "`benchmarks/learning_protocols`, each with its own control. The",
        "standard error of an accuracy on 500 test images is 0.4 to 1 point",
        "(300 scenes: more): smaller differences mean nothing.",
        "",
        "| method | protocol | control | method | gain | CPU s | arguments |",
        "|---|---|---|---|---|---|---|",
    ]
    remarks = []
    for key, case in CASES.items():
        own = _seeds(results, key)
        control = _seeds(results, f"control:{case.task}")
        if own is None or control is None:
            continue
        gains = [
            100 * (a["accuracy"] - b["accuracy"]) for a, b in zip(own, control)
        ]
        cpu = statistics.mean(run["cpu_seconds"] for run in own)
        shown = ", ".join(f"{k}={v}" for k, v in case.arguments.items())
        lines.append(
            f"| `{key}` | {case.task} | {_spread(control)} | {_spread(own)} | "
            f"{statistics.mean(gains):+.1f} ± {statistics.stdev(gains):.1f} | "
            f"{cpu:.0f} | {shown} |"
        )
        if case.remark:
            remarks.append(f"- `{key}`: {case.remark}")
    if remarks:
        lines += ["", "Where a method does not gain here:", "", *remarks]
    lines += ["", _provenance()]
    return "\n".join(lines) + "\n"


def _seeds(results, name):
    found = [results.get(f"test/{name}/{seed}") for seed in SEEDS]
    return None if None in found else found


def _spread(runs):
    values = [100 * run["accuracy"] for run in runs]
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}"


def _provenance():
    import importlib.metadata as metadata

    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    versions = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("keras", "tensorflow")
    )
    return (
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {versions}; commit {commit}."
    )


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
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
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
        current = {
            name: results[name]
            for name, mark, _ in jobs(list(CASES), "test")
            if results.get(name, {}).get("fingerprint") == mark
        }
        TABLE.write_text(table(current))
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
