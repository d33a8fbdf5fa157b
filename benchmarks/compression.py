"""Runs every compression recipe on three seeds; writes the table.

    python benchmarks/compression.py              # what is missing or changed
    python benchmarks/compression.py --seeds=0 --recipes=int8_qat,int4_qat
    python benchmarks/compression.py --table      # only write the table

Fashion-MNIST (Debian's package `dataset-fashion-mnist`): teacher and students
learn from 12,000 of its training images with their labels; recipes learn from
the same, and every file answers all 10,000 test images in `ai_edge_litert`.
One process; what is finished is kept, each training of a recipe too.
"""

import argparse
import hashlib
import json
import os
import pathlib
import statistics
import sys

import learning
import provenance

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / "docs/results/compression.json"
TABLE = ROOT / "docs/results/compression.md"
WORK = ROOT / "runs/benchmark_compression"  # Not committed.
SEEDS = (0, 1, 2)
EXAMPLES = 12_000
TEACHER = {
    "model": "cnn",
    "arguments": {"filters": [32, 64, 64], "strides": [2, 1, 2]},
    "epochs": 8,
}
STUDENT = {
    "model": "mobilenet",
    "arguments": {"filters": [8, 16, 24], "stem_stride": 2},
    "epochs": 12,
}
METHOD = {"temperature": 4.0, "weight": 0.9, "task_weight": 0.1}
TRAIN = {"batch_size": 64, "learning_rate": 3e-3}
# Of each recipe that trains, for each of its steps.
RECIPES = {"epochs": 4, "batch_size": 64, "learning_rate": 1e-3, **METHOD}
# What decides on the numbers.
CODE = ("clustering", "lite", "quantization", "sparsity", "stages")
CODE += ("training", "wrapped")
SHAPE, CLASSES = (28, 28, 1), 10


def settings():
    """Returns everything that the numbers depend on, but for the code."""
    return {
        "examples": EXAMPLES,
        "method": METHOD,
        "recipes": RECIPES,
        "student": STUDENT,
        "teacher": TEACHER,
        "train": TRAIN,
    }


def fingerprint():
    """Returns a hash of the settings and of the code that compresses."""
    digest = hashlib.sha256(json.dumps(settings(), sort_keys=True).encode())
    folder = ROOT / "tfkd/compression"
    for path in sorted([*folder.rglob("bridge/*.py"), *folder.glob("*.py")]):
        if path.stem in CODE or path.parent.name == "bridge":
            digest.update(learning.code(path).encode())
    return digest.hexdigest()[:16]


def data():
    """Returns training images and labels, test images and labels."""
    from tfkd.data import fashion_mnist
    from tfkd.data import source

    folder = pathlib.Path(source.FASHION_MNIST_FOLDER)
    arrays = [
        fashion_mnist.read_idx(folder / f"{stem}-idx{rank}-ubyte.gz")
        for stem, rank in (
            ("train-images", 3),
            ("train-labels", 1),
            ("t10k-images", 3),
            ("t10k-labels", 1),
        )
    ]
    x, y, test_x, test_y = arrays
    return (
        x[:EXAMPLES, ..., None].astype("float32"),
        y[:EXAMPLES].astype("int64"),
        test_x[..., None].astype("float32"),
        test_y.astype("int64"),
    )


def trained(name, spec, seed, x, y, teacher=None):
    """Returns the path of a trained model; trains it if it is not there."""
    from tfkd import methods
    from tfkd import models
    from tfkd.training import model_files
    from tfkd.training import trainer

    key = json.dumps([spec, seed, TRAIN, METHOD, EXAMPLES, bool(teacher)])
    mark = hashlib.sha256(key.encode()).hexdigest()[:8]
    path = WORK / f"{name}-{seed}-{mark}.keras"
    if path.exists():
        return path
    with trainer.seeded(seed):
        model = models.build(
            spec["model"],
            input_shape=SHAPE,
            num_classes=CLASSES,
            scale=1 / 255,
            **spec["arguments"],
        )
        fitted, views = model, x
        if teacher is not None:
            fitted = methods.get("hinton_kd").build(
                teacher=teacher["model"], student=model, **METHOD
            )
            views = {"student": x, "cached": {"logits": teacher["logits"]}}
    trainer.train(
        fitted,
        views,
        y,
        epochs=spec["epochs"],
        **TRAIN,
        seed=seed,
        backup_dir=str(WORK / f"{name}-{seed}-{mark}"),
        report=lambda **values: show(f"{name} {seed}", values),
        part=name,
    )
    model_files.save(model, str(path))
    return path


def show(part, values):
    """Prints progress over the last line."""
    text = ", ".join(
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in values.items()
    )
    sys.stderr.write(f"\r{part}: {text:<100}")
    sys.stderr.flush()


def run(seed, recipes, teacher, arrays, results, mark):
    """Runs what is missing of a seed's recipes, and saves each."""
    import numpy as np

    from tfkd import compression
    from tfkd.export import LiteRTModel
    from tfkd.training import model_files
    from tfkd.training.predictor import Predictor

    x, y, test_x, test_y = arrays
    missing = [
        name
        for name in recipes
        if results.get(f"{name}/{seed}", {}).get("fingerprint") != mark
    ]
    if not missing:
        return
    student = trained("student", STUDENT, seed, x, y, teacher)
    model = model_files.load_file(str(student))
    floating = Predictor(model, SHAPE)(test_x).argmax(1)
    folder = WORK / f"files-{seed}"
    reports = compression.compress_all(
        student,
        recipes=missing,
        data=(x.astype("uint8"), y),
        teacher=teacher["logits"],
        training=RECIPES,
        destinations={n: folder / f"{n}.tflite" for n in missing},
        seed=seed,
        options=compression.Options(
            backup_dir=str(WORK / f"backups-{seed}-{mark}"),
            report=lambda **values: show(f"seed {seed}", values),
        ),
    )
    for name, report in reports.items():
        path = folder / f"{name}.tflite"
        answers = LiteRTModel(path).predict(test_x).argmax(1)
        right = answers == test_y
        results[f"{name}/{seed}"] = {
            "accuracy": float(right.mean()),
            "agreement": float(np.mean(answers == floating)),
            "bytes": report["bytes"],
            "gzip_bytes": report["gzip_bytes"],
            "fingerprint": mark,
            "commit": provenance.commit(),
            "float_accuracy": float(np.mean(floating == test_y)),
            "parameters": model.count_params(),
            "proof": {
                key: report["proof"][key] for key in ("sparsity", "distinct")
            },
            "steps": sum(stage["steps"] for stage in report["stages"]),
        }
        save(results)
    sys.stderr.write("\n")


def save(results):
    """Writes the results under another name first."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    partial = RESULTS.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    partial.replace(RESULTS)


def teacher_of(arrays):
    """Returns the teacher, its logits and its test accuracy."""
    import numpy as np

    from tfkd.training import model_files
    from tfkd.training.predictor import Predictor

    x, y, test_x, test_y = arrays
    model = model_files.load_file(str(trained("teacher", TEACHER, 0, x, y)))
    predict = Predictor(model, SHAPE)
    accuracy = float(np.mean(predict(test_x).argmax(1) == test_y))
    return {
        "model": model,
        "logits": predict(x),
        "accuracy": accuracy,
        "parameters": model.count_params(),
    }


def table(results, mark):
    """Renders the finished runs of this code as Markdown; `""` without any."""
    from tfkd import compression

    found = {
        name: [results[f"{name}/{seed}"] for seed in SEEDS]
        for name in compression.names()
        if all(
            results.get(f"{name}/{seed}", {}).get("fingerprint") == mark
            for seed in SEEDS
        )
    }
    if not found:
        return ""
    lines = [*_head(results, found), *_rows(found), "", *_claims(found)]
    waiting = [n for n in compression.names() if n not in found]
    if waiting:
        listed = ", ".join(f"`{name}`" for name in waiting)
        lines += ["", f"Not measured with the present code: {listed}."]
    return "\n".join([*lines, "", _provenance(found)]) + "\n"


def _head(results, found):
    student = next(iter(found.values()))
    teacher = results.get("teacher", {})
    floats = [100 * run["float_accuracy"] for run in student]
    return [
        "# What compression costs and gains, recipe by recipe",
        "",
        "Generated by `python benchmarks/compression.py`; do not edit.",
        f"Fashion-MNIST, {EXAMPLES:,} labelled training images, all 10,000",
        "test images through the exported file in `ai_edge_litert`; mean ±",
        f"standard deviation over seeds {', '.join(map(str, SEEDS))} (student,",
        "its distillation and the recipe's training). One accuracy on 10,000",
        "images has a standard error of about 0.33 points. Recipes with steps",
        "train on where the float student and PTQ have ended: a part of what",
        "they gain is that.",
        "",
        f"Teacher {100 * teacher.get('accuracy', 0):.1f} % "
        f"({teacher.get('parameters', 0):,} parameters); float student "
        f"{statistics.mean(floats):.2f} ± {statistics.stdev(floats):.2f} % "
        f"({student[0]['parameters']:,} parameters).",
        "",
        "| recipe | accuracy % | over float | over PTQ | over no teacher | "
        "agreement % | bytes | gzip | steps | zeros | values |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]


def _rows(found):
    from tfkd import compression

    def key(name):
        recipe = compression.get(name)
        return (recipe.bits, len(recipe.stages), name)

    return [_row(name, found) for name in sorted(found, key=key)]


def _row(name, found):
    from tfkd import compression

    recipe, runs = compression.get(name), found[name]
    ptq = f"int{recipe.bits}_ptq" if recipe.trains else ""
    floats = [run["float_accuracy"] for run in runs]
    zeros = [run["proof"]["sparsity"] for run in runs]
    values = [run["proof"]["distinct"] for run in runs]
    return (
        f"| `{name}` | {_spread([r['accuracy'] for r in runs])} | "
        f"{_difference(runs, floats)} | {_over(runs, found, ptq)} | "
        f"{_over(runs, found, recipe.control)} | "
        f"{100 * statistics.mean(r['agreement'] for r in runs):.1f} | "
        f"{runs[0]['bytes']:,} | "
        f"{round(statistics.mean(r['gzip_bytes'] for r in runs)):,} | "
        f"{runs[0]['steps']:,} | "
        f"{'' if None in zeros else f'{100 * min(zeros):.0f} %'} | "
        f"{'' if None in values else max(values)} |"
    )


def _over(runs, found, other):
    if other not in found:
        return ""
    return _difference(runs, [run["accuracy"] for run in found[other]])


def _difference(runs, others):
    gains = [100 * (run["accuracy"] - o) for run, o in zip(runs, others)]
    return f"{statistics.mean(gains):+.2f} ± {statistics.stdev(gains):.2f}"


def _spread(values):
    values = [100 * value for value in values]
    return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"


def _claims(found):
    """Compares distilled training with PTQ, seed by seed."""
    lines = [
        "Gains are paired by seed. Is quantization-aware training with",
        "distillation ever worse than quantization after training?",
        "",
    ]
    for bits in (8, 4):
        qat, ptq, alone = (
            found.get(f"int{bits}_{kind}")
            for kind in ("qat", "ptq", "qat_alone")
        )
        if qat is None or ptq is None:
            continue
        lost = [100 * (b["float_accuracy"] - b["accuracy"]) for b in ptq]
        lines.append(
            f"- {bits} bits: PTQ loses {statistics.mean(lost):.2f} points; "
            f"QAT over PTQ {_seed_by_seed(qat, ptq)}."
        )
        if alone is not None:
            lines.append(
                "  What of it is distillation, QAT with over QAT without a "
                f"teacher: {_seed_by_seed(qat, alone)}."
            )
    return lines


def _seed_by_seed(runs, others):
    pairs = zip(runs, others, strict=True)
    gains = [100 * (a["accuracy"] - b["accuracy"]) for a, b in pairs]
    error = statistics.stdev(gains) / len(gains) ** 0.5
    return (
        f"{', '.join(f'{gain:+.2f}' for gain in gains)} (mean "
        f"{statistics.mean(gains):+.2f}, standard error {error:.2f} over "
        f"{len(gains)} seeds)"
    )


def _provenance(found):
    packages = (
        "ai-edge-litert",
        "keras",
        "tensorflow",
        "tensorflow-model-optimization",
        "tf-keras",
    )
    config = json.dumps(settings(), sort_keys=True)
    origin = provenance.kept(
        packages,
        [run for runs in found.values() for run in runs],
        [RESULTS],
        "a setting or the code that compresses",
    )
    return f"Config: {config}\n\n{origin}"


def main():
    """Runs what is missing, and writes the table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", default="", help="names, by commas")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument(
        "--table", action="store_true", help="only write the table"
    )
    arguments = parser.parse_args()
    from tfkd import compression

    chosen = [n for n in arguments.recipes.split(",") if n]
    chosen = [compression.get(n).name for n in chosen or compression.names()]
    mark = fingerprint()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not arguments.table:
        WORK.mkdir(parents=True, exist_ok=True)
        arrays = data()
        teacher = teacher_of(arrays)
        results["teacher"] = {
            key: teacher[key] for key in ("accuracy", "parameters")
        }
        for seed in map(int, arguments.seeds.split(",")):
            run(seed, chosen, teacher, arrays, results, mark)
    text = table(results, mark)
    if not text:
        # The page of older code is better than none.
        sys.exit(f"No recipe is finished on all seeds; {TABLE} stays as it is")
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
