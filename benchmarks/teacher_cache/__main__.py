"""Measures what is missing, and writes the page.

    python -m benchmarks.teacher_cache               # what is missing
    python -m benchmarks.teacher_cache --again=scale # this part once more
    python -m benchmarks.teacher_cache --page        # only the page

`accuracy`: students of real digits (10 classes) and of synthetic clusters (100
and 1,000 classes) that learn from each format, three seeds. `scale`: the
component itself on 120,000 and on 1.2 million synthetic examples of 1,000
classes, each in a process of its own. `speed`: stored answers against teachers
that run. About 25 minutes on 2 cores and 4 GB of disk, which is freed again.
"""

import argparse
import importlib
import json
import os
import pathlib
import shutil

from benchmarks import provenance
from benchmarks.teacher_cache import table

ROOT = pathlib.Path(__file__).parents[2]
RESULTS = ROOT / "docs/results/teacher_cache.json"
PAGE = ROOT / "docs/results/teacher_cache.md"
WORK = ROOT / "runs/benchmark_teacher_cache"  # Not committed.
PARTS = ("accuracy", "speed", "scale")
PACKAGES = ("apache-beam", "keras", "numpy", "tensorflow")


def main(argv=None):
    """Runs the command line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.teacher_cache",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--again", choices=PARTS, action="append", default=[])
    parser.add_argument("--page", action="store_true")
    arguments = parser.parse_args(argv)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not arguments.page:
        kept = {
            key: found
            for key, found in results.items()
            if _part(key) not in arguments.again
        }
        results = _run(kept)
    PAGE.write_text(table.render(results))
    print(f"Wrote {os.path.relpath(PAGE)}")


def _part(key):
    kind = key.partition("/")[0]
    return kind if kind in PARTS else "accuracy"


def _run(results):
    WORK.mkdir(parents=True, exist_ok=True)
    where = provenance.line(PACKAGES)
    for part in PARTS:
        module = importlib.import_module(f"benchmarks.teacher_cache.{part}")
        for key, found in module.measured(WORK, results):
            print(key, found, flush=True)
            results[key] = {**found, "provenance": where}
            _save(results)
    shutil.rmtree(WORK)
    return results


def _save(results):
    partial = RESULTS.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    partial.replace(RESULTS)


if __name__ == "__main__":
    main()
