"""Times the work by shards on every engine that runs on this machine.

    python benchmarks/beam_engines.py               # two rounds of all
    python benchmarks/beam_engines.py --rounds=1 --records=2000

Two steps: StatisticsGen's statistics (little work for a record) and a
teacher's logits (much). Each engine is timed twice in a process of its own:
cold, with the start of its workers, and warm. Rounds take turns, so that a
busy machine is busy for all. Some minutes on 2 idle cores.
"""

import argparse
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from unittest import mock

import beam_workers
import provenance

ROOT = pathlib.Path(__file__).parents[1]
TABLE = ROOT / "docs/results/beam_engines.md"
SHAPE, CLASSES, SHARDS = (32, 32, 3), 10, 8
TEACHER = {"filters": (16, 32, 64), "strides": (1, 2, 2)}
PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
# Name to what starts it (`None`: nothing, Beam is left out) and its workers.
ENGINES = {
    "tf.data alone": (None, 0),
    "FnApiRunner, in process": ((), 0),
    "FnApiRunner, 2 processes": (PROCESSES, 2),
    "portable, 1 worker": (beam_workers.portable, 1),
    "portable, 2 workers": (beam_workers.portable, 2),
    "Dask, 1 worker": (beam_workers.dask, 1),
    "Dask, 2 workers": (beam_workers.dask, 2),
}
STEPS = ("statistics", "logits")
BASE = "tf.data alone"


def prepare(folder, records):
    """Writes random images as `Examples`, and an untrained teacher."""
    import numpy as np

    from tfkd import models
    from tfkd.data import records as records_lib
    from tfkd.training import model_files

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (records, *SHAPE), np.uint8)
    labels = rng.integers(0, CLASSES, records)
    ids = [f"example-{i:07d}" for i in range(records)]
    examples = str(folder / "examples")
    info = {
        "image_shape": list(SHAPE),
        "image_dtype": "uint8",
        "value_range": [0, 255],
        "num_classes": CLASSES,
        "class_names": [str(i) for i in range(CLASSES)],
        "splits": {
            "test": records_lib.write_split(
                examples, "test", ids, images, labels, SHARDS
            )
        },
    }
    records_lib.write_info(examples, info)
    model = models.build(
        "cnn", input_shape=SHAPE, num_classes=CLASSES, **TEACHER
    )
    model_files.save(model, str(folder / "model" / model_files.SELECTED))
    model_files.write_record(str(folder / "model"), {"model": {"name": "cnn"}})
    return model.count_params()


def alone(pipeline, function, tasks, work_dir, **_):
    """Stands in for `map_shards`: one shard after the other, no Beam."""
    del pipeline
    os.makedirs(work_dir, exist_ok=True)
    return [function(task) for task in tasks]


def measure(folder, args):
    """Returns step to its seconds, cold and warm, and the digest of both."""
    from tfkd.components.base import beam
    from tfkd.data import shards
    from tfkd.data import statistics as statistics_lib
    from tfkd.training import shard_logits

    examples, model = str(folder / "examples"), str(folder / "model")

    def run_statistics(work_dir):
        statistics_lib.compute(
            examples,
            f"{work_dir}/output",
            make_pipeline=lambda: args is not None and beam.pipeline(args),
            work_dir=work_dir,
        )
        return pathlib.Path(
            work_dir, "output/Split-test/FeatureStats.pb"
        ).read_bytes()

    def run_logits(work_dir):
        return shard_logits.compute(
            examples,
            "test",
            [(model, None)],
            pipeline=args is not None and beam.pipeline(args),
            work_dir=work_dir,
        ).tobytes()

    replaced = shards.map_shards if args is not None else alone
    found = {}
    with mock.patch.object(shards, "map_shards", replaced):
        for step, run in zip(STEPS, (run_statistics, run_logits)):
            seconds = []
            for _ in ("cold", "warm"):
                with tempfile.TemporaryDirectory() as work_dir:
                    started = time.perf_counter()
                    output = run(work_dir)
                    seconds.append(time.perf_counter() - started)
            digest = hashlib.sha256(output).hexdigest()
            found[step] = {"seconds": seconds, "digest": digest}
    return found


def child(name, folder):
    """Measures one engine and prints the result as JSON."""
    start, workers = ENGINES[name]
    if callable(start):
        with start(workers) as args:
            result = measure(folder, args)
    else:
        result = measure(folder, start)
    print(json.dumps(result))


def rounds(count, folder):
    """Returns engine to its measurements, one a round."""
    found = {name: [] for name in ENGINES}
    for number in range(count):
        for name in ENGINES:
            print(f"round {number + 1} of {count}: {name}", file=sys.stderr)
            done = subprocess.run(
                [sys.executable, __file__, f"--child={name}", f"--in={folder}"],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def rows(found, records):
    """Returns the table's lines; all outputs must be the same bytes."""
    for step in STEPS:
        digests = {m[step]["digest"] for ms in found.values() for m in ms}
        if len(digests) != 1:
            raise RuntimeError(f"The engines differ in {step}: {digests}.")
    medians = {
        name: [
            statistics.median(m[step]["seconds"][warm] for m in measured)
            for step in STEPS
            for warm in (0, 1)
        ]
        for name, measured in found.items()
    }
    for name, seconds in medians.items():
        cells = []
        for own, base in zip(seconds, medians[BASE]):
            cells.append(f"{records / own:,.0f} ({base / own:.2f})")
        yield f"| {name} | {' | '.join(cells)} |"


def write(found, records, parameters, load):
    """Writes the table."""
    packages = ("apache-beam", "distributed", "keras", "tensorflow")
    lines = [
        "# The work by shards on every engine",
        "",
        "Generated by `python benchmarks/beam_engines.py`; do not edit.",
        f"{records:,} images of {SHAPE[0]} x {SHAPE[1]} x {SHAPE[2]} bytes in "
        f"{SHARDS} shards; records a second, and in brackets the",
        f"speed relative to {BASE} in the same column. Medians of "
        f"{len(found[BASE])} rounds that take turns.",
        "Statistics: StatisticsGen. Logits: a teacher of "
        f"{parameters:,} parameters, as Evaluator runs it.",
        "Cold: the first step on a new engine, for which worker processes are "
        "started and import TensorFlow; warm: the same again. The portable "
        "runner starts its workers anew for every pipeline.",
        "",
        "| engine | statistics, cold | warm | logits, cold | warm |",
        "|---|---|---|---|---|",
        *rows(found, records),
        "",
        "Every engine wrote the same bytes in every round. All of them share "
        "this machine's cores: what a cluster gains is not measured here, what "
        "leaving the process costs is.",
        "",
        f"{provenance.line(packages)} Load average at the start {load:.1f}; "
        "above the number of cores, engines of more processes have a larger "
        "share of them.",
        "",
    ]
    TABLE.write_text("\n".join(lines), encoding="utf-8")


def main():
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--in", dest="folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if given.child:
        child(given.child, pathlib.Path(given.folder))
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        parameters = prepare(pathlib.Path(folder), given.records)
        found = rounds(given.rounds, folder)
    write(found, given.records, parameters, load)


if __name__ == "__main__":
    main()
