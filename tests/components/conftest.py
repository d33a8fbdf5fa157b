"""A tiny run up to the Evaluator, made once for the edge components."""

import hashlib
import json
import pathlib
import types

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from tfkd.components.base import artifacts
from tfkd.components.base.executor import ExecutorContext
from tfkd.components.base.spec import Channel
from tfkd.components.compression import executor as compression
from tfkd.components.compression.component import Compression
from tfkd.components.evaluator import executor as evaluator
from tfkd.components.tflite_exporter import executor as tflite_exporter
from tfkd.data import records

SPLITS = {"train": (0, 400), "eval": (400, 500), "test": (500, 700)}


def tiny_model(seed, filters=12):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Conv2D(filters, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


def write_examples(directory):
    digits = load_digits()
    images = digits.images[..., None].astype(np.float32)
    info = {
        "name": "digits",
        "image_shape": [8, 8, 1],
        "image_dtype": "float32",
        "value_range": [0.0, 16.0],
        "num_classes": 10,
        "class_names": [str(digit) for digit in range(10)],
        "notes": "",
        "splits": {
            split: records.write_split(
                str(directory),
                split,
                [f"digits-{i}" for i in range(start, stop)],
                images[start:stop],
                digits.target[start:stop],
                num_shards=2,
            )
            for split, (start, stop) in SPLITS.items()
        },
    }
    records.write_info(str(directory), info)
    return artifacts.Examples(uri=str(directory), id=1)


def write_model(directory, role, models, accuracy=0.5):
    """Writes a `Model` artifact; `models` is seed to Keras model."""
    selected = min(models)
    for seed, model in models.items():
        (directory / f"seed-{seed}").mkdir(parents=True)
        model.save(directory / f"seed-{seed}" / "model.keras")
    (directory / "Format-Keras").mkdir()
    models[selected].save(directory / "Format-Keras" / "model.keras")
    weights = [w.tobytes() for w in models[selected].get_weights()]
    training = {
        "role": role,
        "method": "hinton_kd" if role == "student" else None,
        "model": {"name": "cnn"},
        "parameters": models[selected].count_params(),
        "selected_seed": selected,
        "model_hash": hashlib.sha256(b"".join(weights)).hexdigest(),
        "teacher_hash": None,
        "runs": [{"seed": seed, "eval_accuracy": accuracy} for seed in models],
    }
    (directory / "training.json").write_text(json.dumps(training))
    return artifacts.Model(uri=str(directory))


def execute(executor_class, folder, inputs, output_types, parameters=None):
    """Runs an executor as a runner would; returns outputs and messages."""
    outputs, messages = {}, []
    for key, kind in output_types.items():
        uri = pathlib.Path(folder, key)
        uri.mkdir(parents=True)
        outputs[key] = kind(uri=str(uri))
    scratch = pathlib.Path(folder, "scratch")
    scratch.mkdir()
    context = ExecutorContext(
        tmp_dir=str(scratch), report=lambda **values: messages.append(values)
    )
    executor_class(context).Do(
        {key: [value] for key, value in inputs.items()},
        {key: [value] for key, value in outputs.items()},
        parameters or {},
    )
    return types.SimpleNamespace(messages=messages, **outputs)


@pytest.fixture(scope="session")
def edge_inputs(tmp_path_factory):
    """Examples, and a teacher, control and student trained for a second."""
    root = tmp_path_factory.mktemp("edge")
    (root / "examples").mkdir()
    examples = write_examples(root / "examples")
    _, images, labels = records.load_arrays(examples.uri, "train")
    trained = {}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for name, filters, epochs in (("teacher", 24, 12), ("student", 12, 8)):
        trained[name] = tiny_model(0, filters)
        trained[name].compile(keras.optimizers.Adam(5e-3), loss)
        trained[name].fit(images, labels, epochs=epochs, verbose=0)
    models = {
        "teacher": {0: trained["teacher"]},
        "control": {0: tiny_model(3), 1: tiny_model(4)},
        "student": {0: trained["student"], 1: trained["student"]},
    }
    return types.SimpleNamespace(
        root=root,
        examples=examples,
        keras=models,
        **{
            role: write_model(root / role, role, by_seed)
            for role, by_seed in models.items()
        },
    )


@pytest.fixture(scope="session")
def edge_compressed(edge_inputs):
    return execute(
        compression.Executor,
        edge_inputs.root / "Compression",
        {"examples": edge_inputs.examples, "student": edge_inputs.student},
        {"compressed": artifacts.CompressedModel},
        Compression(
            examples=Channel(artifacts.Examples),
            student=Channel(artifacts.Model),
            calibration_examples=100,
        ).exec_properties,
    )


@pytest.fixture(scope="session")
def edge_tflite(edge_inputs, edge_compressed):
    return execute(
        tflite_exporter.Executor,
        edge_inputs.root / "TFLiteExporter",
        {
            "examples": edge_inputs.examples,
            "student": edge_inputs.student,
            "compressed": edge_compressed.compressed,
            "teacher": edge_inputs.teacher,
            "control": edge_inputs.control,
        },
        {"tflite": artifacts.TFLiteModel},
    )


@pytest.fixture(scope="session")
def evaluate(edge_inputs, edge_tflite, tmp_path_factory):
    """Returns a function from thresholds to the Evaluator's outputs."""
    edge_inputs.student.id, edge_tflite.tflite.id = 6, 7

    def run(thresholds, variant="int8", **changed):
        return execute(
            evaluator.Executor,
            tmp_path_factory.mktemp("Evaluator"),
            {
                "examples": edge_inputs.examples,
                "teacher": edge_inputs.teacher,
                "control": edge_inputs.control,
                "student": edge_inputs.student,
                "tflite": edge_tflite.tflite,
                **changed,
            },
            {
                "evaluation": artifacts.ModelEvaluation,
                "blessing": artifacts.ModelBlessing,
            },
            {
                "thresholds": thresholds,
                "variant": variant,
                "bootstrap_samples": 50,
            },
        )

    return run


@pytest.fixture(scope="session")
def blessed(evaluate):
    """Outputs of an Evaluator whose modest thresholds all hold."""
    return evaluate({"min_gain_over_control": 0.2, "max_accuracy_drop": 0.2})


@pytest.fixture(scope="session")
def run_executor():
    """The function `execute`."""
    return execute
