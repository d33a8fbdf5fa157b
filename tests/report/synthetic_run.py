"""Writes the artifacts of a small run that never happened, for tests.

Probabilities are drawn from a seed, and every number in `metrics.json` that
can be computed from them is.
"""

import json

import numpy as np

MODELS = ("teacher", "control", "student", "student_int8")
SHARPNESS = {"teacher": 7, "control": 2.2, "student": 5, "student_int8": 4.8}
PARAMETERS = {"teacher": 94986, "control": 1702, "student": 1702}
BYTES = {
    "teacher": 384512,
    "control": 10300,
    "student": 10300,
    "student_int8": 6104,
}
CHECKS = [
    {
        "name": "min_gain_over_control",
        "bound": 0.0,
        "value": 0.108,
        "passed": True,
        "help": "Distillation adds too little.",
    },
]
INFRA_CHECKS = [
    {
        "name": "max_bytes",
        "bound": 65536,
        "value": 6104,
        "passed": True,
        "help": "The int8 file is too large.",
    },
]


def write(root, *, classes=10, tests=200, blessed=True, pushed=True):
    """Writes all artifacts below `root`; returns channel to directory."""
    names = [str(name) for name in range(classes)]
    folders = {}
    for key, place in {
        "examples": "ExampleGen/examples/1",
        "statistics": "StatisticsGen/statistics/2",
        "teacher": "TeacherTrainer/model/5",
        "control": "Control/model/7",
        "student": "Distillation/model/8",
        "tflite": "TFLiteExporter/tflite/10",
        "evaluation": "Evaluator/evaluation/11",
        "blessing": "Evaluator/blessing/11",
        "infra_blessing": "InfraValidator/blessing/12",
        "pushed": "Pusher/pushed/13",
    }.items():
        folders[key] = root / place
        folders[key].mkdir(parents=True)
    if not pushed:
        folders.pop("pushed")
    write_examples(folders, names, tests)
    for role in ("teacher", "control", "student"):
        write_json(folders[role] / "training.json", training(role))
    for variant, model in {
        "teacher": "teacher",
        "control": "control",
        "float32": "student",
        "int8": "student_int8",
    }.items():
        (folders["tflite"] / variant).mkdir()
        write_json(
            folders["tflite"] / variant / "model.json",
            {
                "sha256": f"{len(variant):02x}" * 32,
                "bytes": BYTES[model],
                "provenance": {
                    "versions": {"keras": "3.15.1", "tensorflow": "2.21.0"}
                },
            },
        )
    write_evaluation(folders["evaluation"], names, tests)
    write_json(folders["blessing"] / "blessing.json", {"checks": CHECKS})
    (folders["blessing"] / "BLESSED").touch()
    write_infra(folders["infra_blessing"], blessed)
    if pushed:
        done = {"destination": "serving/3", "version": 3, "pushed": True}
        refused = {"pushed": False, "reason": "failed max_bytes"}
        write_json(
            folders["pushed"] / "pushed.json", done if blessed else refused
        )
    return folders


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, sort_keys=True))


def edit_json(path, change):
    """Rewrites a JSON file after `change(value)` has changed its value."""
    value = json.loads(path.read_text())
    change(value)
    write_json(path, value)


def write_examples(folders, names, tests):
    from tensorflow_metadata.proto.v0 import statistics_pb2

    sizes = {"train": 143 * len(names), "eval": 10 * len(names), "test": tests}
    write_json(
        folders["examples"] / "dataset.json",
        {
            "name": "digits",
            "image_shape": [8, 8, 1],
            "image_dtype": "uint8",
            "value_range": [0, 16],
            "num_classes": len(names),
            "class_names": names,
            "notes": "scikit-learn's digits",
            "splits": {s: {"num_examples": n} for s, n in sizes.items()},
        },
    )
    for split, size in sizes.items():
        message = statistics_pb2.DatasetFeatureStatisticsList()
        dataset = message.datasets.add(name=split, num_examples=size)
        feature = dataset.features.add(type="INT")
        feature.path.step.append("label")
        custom = feature.custom_stats.add(name="examples_per_class")
        counts = np.bincount(np.arange(size) % len(names))
        for name, count in zip(names, counts):
            custom.rank_histogram.buckets.add(label=name, sample_count=count)
        folder = folders["statistics"] / f"Split-{split}"
        folder.mkdir()
        (folder / "FeatureStats.pb").write_bytes(message.SerializeToString())


def training(role):
    seeds = (0,) if role == "teacher" else (0, 1, 2)
    level = {"teacher": 0.995, "control": 0.873, "student": 0.981}[role]
    epochs = 20 if role == "teacher" else 30
    runs = []
    for seed in seeds:
        x = np.arange(1, epochs + 1)
        accuracy = (level - 0.012 * seed) * (1 - 0.85 * np.exp(-x / 4))
        accuracy += 0.004 * np.sin(3 * x + seed)
        runs.append(
            {
                "seed": seed,
                "eval_accuracy": float(accuracy[-1]),
                "history": {
                    "epoch": x.tolist(),
                    "val_accuracy": accuracy.tolist(),
                    "val_loss": (2.6 * (1.03 - accuracy)).tolist(),
                },
            }
        )
    return {
        "role": role,
        "method": "hinton_kd" if role == "student" else None,
        "arguments": {"temperature": 4.0} if role == "student" else {},
        "model": {"name": "cnn", "arguments": {"width": 32}}
        if role == "teacher"
        else {"name": "cnn", "arguments": {"width": 4}},
        "train": {"epochs": epochs, "batch_size": 64, "learning_rate": 0.003},
        "parameters": PARAMETERS[role],
        "selected_seed": 0,
        "model_hash": f"{len(role):02x}" * 32,
        "num_labels": 1437 if role == "teacher" else 100,
        "num_unlabelled": 1337 if role == "student" else 0,
        "subset": [0.0, 1.0],
        "runs": runs,
    }


def probabilities(labels, classes, sharpness, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(labels), classes))
    logits[np.arange(len(labels)), labels] += sharpness
    exponents = np.exp(logits)
    return (exponents / exponents.sum(-1, keepdims=True)).astype(np.float32)


def write_infra(folder, blessed):
    """Writes what an InfraValidator does; the size decides."""
    checks = [dict(check) for check in INFRA_CHECKS]
    if not blessed:
        checks[0].update(passed=False, value=70000)
    latency = {
        setting: {"median": median, "p90": 0.055, "runs": 200}
        for setting, median in (
            ("threads_1", 0.0412),
            ("threads_2", 0.0206),
            ("threads_1_no_xnnpack", 0.08),
        )
    }
    files = {
        variant: {
            "float_ops": [] if variant == "int8" else ["CONV_2D"],
            "gpu_rejects": [],
            "latency_ms": latency,
            "memory_bytes": 3 * 1024**2,
            "operations": {"CONV_2D": 3, "SOFTMAX": 1},
        }
        for variant in ("teacher", "control", "float32", "int8")
    }
    files["int8"]["layer_errors"] = [
        {"layer": "stage1", "op": "CONV_2D", "sqnr_db": 31.25}
    ]
    write_json(
        folder / "infra_validation.json",
        {
            "blessed": blessed,
            "checks": checks,
            "failure": "",
            "files": files,
            "variant": "int8",
        },
    )
    (folder / ("INFRA_BLESSED" if blessed else "INFRA_NOT_BLESSED")).touch()


def write_evaluation(folder, names, tests, images=None):
    classes = len(names)
    labels = np.arange(tests) % classes
    answers = {
        model: probabilities(labels, classes, SHARPNESS[model], seed)
        for seed, model in enumerate(MODELS)
    }
    if images is None:
        rng = np.random.default_rng(9)
        images = rng.integers(0, 17, size=(tests, 8, 8, 1), dtype=np.uint8)
    np.savez(
        folder / "predictions.npz",
        example_ids=np.array([f"digits-{i}" for i in range(tests)]),
        labels=labels,
        images=images,
        **{f"{model}_probabilities": p for model, p in answers.items()},
    )
    write_json(
        folder / "metrics.json",
        {
            "test_examples": tests,
            "class_names": names,
            "models": {
                model: metrics(model, answers, labels) for model in MODELS
            },
            "checks": CHECKS,
            "blessed": True,
            "judged": "student_int8",
        },
    )


def metrics(model, answers, labels):
    found = answers[model].argmax(-1)
    confidence = answers[model].max(-1)
    right = found == labels
    accuracy = float(right.mean())
    matrix = np.zeros((answers[model].shape[1],) * 2, dtype=int)
    np.add.at(matrix, (labels, found), 1)
    bins = np.minimum((10 * confidence).astype(int), 9)
    counts = np.bincount(bins, minlength=10)
    divisor = np.maximum(counts, 1)
    seeds = [0] if model in ("teacher", "student_int8") else [0, 1, 2]
    accuracies = [accuracy - 0.01 * seed for seed in seeds]
    return {
        "accuracy": accuracy,
        "accuracy_interval": [accuracy - 0.02, min(1.0, accuracy + 0.015)],
        "seed_accuracies": {str(s): a for s, a in zip(seeds, accuracies)},
        "accuracy_mean": float(np.mean(accuracies)),
        "accuracy_std": float(np.std(accuracies, ddof=1))
        if len(seeds) > 1
        else 0.0,
        "agreement_with_teacher": float(
            (found == answers["teacher"].argmax(-1)).mean()
        ),
        "ece": 0.0213,
        "nll": 0.1034,
        "brier": 0.0467,
        "parameters": PARAMETERS.get(model, 1702),
        "bytes": BYTES[model],
        "gzip_bytes": BYTES[model] * 3 // 4,
        "reliability": {
            "confidence": (
                np.bincount(bins, confidence, minlength=10) / divisor
            ).tolist(),
            "accuracy": (
                np.bincount(bins, right, minlength=10) / divisor
            ).tolist(),
            "count": counts.tolist(),
        },
        "confusion_matrix": matrix.tolist(),
        "per_class_accuracy": (np.diag(matrix) / matrix.sum(1)).tolist(),
    }
