"""Small examples and a way to run a component, for the training tests."""

import json

import numpy as np

from tfkd.components.base import artifacts
from tfkd.components.base.executor import ExecutorContext
from tfkd.data import records

CLASSES = 3


def write_examples(folder, train=90, evaluation=60, seed=0):
    """Noisy 4x4 images whose bright row is their class, in two shards."""
    rng = np.random.default_rng(seed)
    splits = {}
    for name, count in (("train", train), ("eval", evaluation), ("test", 10)):
        labels = rng.permutation(np.arange(count) % CLASSES)
        images = rng.integers(0, 8, (count, 4, 4, 1))
        images[np.arange(count), labels] += 6
        ids = [f"{name}-{number:03d}" for number in range(count)]
        splits[name] = records.write_split(
            str(folder), name, ids, images.astype("uint8"), labels, 2
        )
    records.write_info(
        str(folder),
        {
            "name": "rows",
            "image_shape": [4, 4, 1],
            "image_dtype": "uint8",
            "value_range": [0, 16],
            "num_classes": CLASSES,
            "class_names": ["a", "b", "c"],
            "notes": "",
            "splits": splits,
        },
    )
    return artifacts.Examples(str(folder))


def execute(component, inputs, folder, report=None):
    """Runs a component's executor and returns its output artifact."""
    (key, channel), *_ = component.outputs.items()
    (folder / "out").mkdir(parents=True, exist_ok=True)
    artifact = channel.type(str(folder / "out"))
    context = ExecutorContext(
        node_id=component.id,
        tmp_dir=str(folder / "tmp"),
        stateful_dir=str(folder / "state"),
        log_dir=str(folder / "log"),
        report=report or (lambda **values: None),
    )
    component.executor_class()(context).Do(
        {name: [value] for name, value in inputs.items()},
        {key: [artifact]},
        component.exec_properties,
    )
    return artifact


def record(artifact):
    """The `training.json` of a Model artifact."""
    with open(f"{artifact.uri}/training.json", encoding="utf-8") as file:
        return json.load(file)
