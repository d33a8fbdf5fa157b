"""The child process of the tests that need tfmot: `python -m ... OUTPUT.json`.

Each function below looks at one module and returns plain values; tests say
what they must be. One process for all: importing tfmot takes seconds.
"""

import json
import os
import pathlib
import sys
import tempfile

import numpy as np

from tests.compression.bridge import models
from tfkd.compression import bridge
from tfkd.compression import legacy
from tfkd.compression import lite
from tfkd.compression import registry
from tfkd.compression import settings as settings_lib
from tfkd.compression.clustering import ClusteredModel
from tfkd.compression.data import CompressionData
from tfkd.compression.data import TrainingData
from tfkd.compression.quantization import QuantizedModel
from tfkd.compression.sparsity import PrunedModel
from tfkd.compression.stages import Stages
from tfkd.compression.training import Backup
from tfkd.compression.training import steps
from tfkd.compression.training import train
from tfkd.compression.wrapped import projection
from tfkd.errors import InputError
from tfkd.training import predictor

RANGE = (0.0, 255.0)


def small_graph():
    return bridge.rewrite(bridge.read(models.student()))


def quantized(bits=8, graph=None):
    return QuantizedModel(
        graph or small_graph(),
        images=models.images(20),
        value_range=RANGE,
        bits=bits,
    )


def examples(teacher=True):
    """Images with the answers of a network drawn from a seed."""
    images = models.images(40)
    rng = np.random.default_rng(5)
    logits = 3 * rng.normal(size=(40, 3)).astype("f")
    labels = logits.argmax(1)
    labels[20:] = -1
    return TrainingData(images, labels, logits if teacher else None)


def check_legacy():
    return {"variable": os.environ.get("TF_USE_LEGACY_KERAS")}


def check_quantization():
    import tf_keras

    graph = small_graph()
    model = quantized(graph=graph)
    images = models.images(20)
    twin = bridge.write(graph)
    inner = tf_keras.Model(twin.inputs, twin.get_layer("act").output)
    reached = inner(images).numpy()
    ranges = model.wrappers["act"]._output_quantizer_vars
    weights = {}
    for bits in (8, 4):
        made = quantized(bits)
        for name in ("conv", "depthwise", "logits"):
            ((kernel, quantizer, ranges_of),) = made.wrappers[name]._weight_vars
            stored = quantizer(kernel, False, ranges_of)
            fresh = quantizer(kernel, True, ranges_of)
            weights[f"{name}{bits}"] = {
                "float": kernel.numpy().tolist(),
                "stored": stored.numpy().tolist(),
                "training": fresh.numpy().tolist(),
            }
    return {
        "reached": [float(reached.min()), float(reached.max())],
        "range": [float(v) for v in (ranges["min_var"], ranges["max_var"])],
        "weights": weights,
        "merged": sorted(
            name
            for name, wrapper in model.wrappers.items()
            if not wrapper._output_quantizers
        ),
        "unwrapped": sorted(set(model.variables) - set(model.wrappers)),
        "logits": model.model(images, training=False).numpy().tolist(),
        "expected": twin(images, training=False).numpy().tolist(),
        "trainable": len(model.trainable),
    }


def check_every_layer():
    """The model with each supported layer, quantized and exported."""
    graph = bridge.rewrite(bridge.read(models.every_layer()))
    model = quantized(graph=graph)
    images = models.images(8)
    expected = bridge.write(graph)(images, training=False).numpy()
    return {
        "file": lite.integer_file(model.model, models.SHAPE).hex(),
        "expected": expected.tolist(),
    }


def check_projection():
    import tensorflow as tf

    start = np.array([[0.0, 1.0, 1.0], [2.0, 0.0, 2.0]], "f")
    step = np.array([[5.0, 1.0, 3.0], [1.0, 7.0, 2.0]], "f")
    results = {}
    for kinds in (("zeros",), ("clusters",), ("zeros", "clusters")):
        variable = tf.Variable(start)
        project = projection(variable, kinds)
        variable.assign_add(step)
        project()
        results["+".join(kinds)] = variable.numpy().tolist()
    return results


def check_training():
    import tf_keras

    settings = settings_lib.complete({"epochs": 2, "batch_size": 64})
    data = examples()
    graph = small_graph()
    logits = bridge.write(graph)(data.images, training=False).numpy()
    first = {}
    for name, given in (("taught", data), ("alone", data.without_teacher())):
        float_model = _Plain(graph)
        first[name] = train(float_model, given, settings, seed=0)[0]
    return {
        "logits": logits.tolist(),
        "first": first,
        "resumed": check_resumed(),
        "learning": check_learning(),
        "steps": steps(40, settings),
        "version": tf_keras.__version__,
    }


class _Plain(PrunedModel):
    """No wrapper at all: the float model itself."""

    def wrap(self, layer, node):
        return layer

    def __init__(self, graph):
        super().__init__(graph, steps=10)


def check_resumed():
    """Trains at once, and in two goes; a backup of something else."""
    settings = settings_lib.complete({"epochs": 3, "batch_size": 16})
    data, results = examples(), {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "deep", "quantize.npz")
        whole = quantized()
        losses = train(whole, data, settings, seed=0)
        killed = quantized()

        def report(**values):
            if values["fraction"] >= 2 / 3 + 0.01:
                raise KeyboardInterrupt

        backup = Backup(path, ["mine"])
        try:
            train(killed, data, settings, seed=0, backup=backup, report=report)
        except KeyboardInterrupt:
            results["killed"] = len(backup.restore(_state(path)))
        again, calls = quantized(), []
        resumed = train(
            again,
            data,
            settings,
            seed=0,
            backup=backup,
            report=lambda **values: calls.append(values),
        )
        results["other"] = len(Backup(path, ["other"]).restore([]))
    return {
        **results,
        "same_losses": resumed == losses,
        "same_weights": _same(whole.graph(), again.graph()),
        "same_answers": bool(
            np.array_equal(
                whole.model(data.images, training=False),
                again.model(data.images, training=False),
            )
        ),
        "calls": len(calls),
    }


def _state(path):
    """Variables of the shapes that a backup holds."""
    import tensorflow as tf

    with np.load(path) as file:
        count = len(file.files) - 2
        return [tf.Variable(file[f"v{i}"]) for i in range(count)]


def _same(first, second):
    return all(
        np.array_equal(first[node.name].weights[key], node.weights[key])
        for node in second.nodes
        for key in node.weights
    )


def check_learning():
    """Teaching a quantized student lowers the loss and moves what it may."""
    settings = settings_lib.complete({"epochs": 20, "learning_rate": 0.01})
    graph = small_graph()
    model = quantized(4, graph)
    losses = train(model, examples(), settings, seed=0)
    trained = model.graph()
    moved = {
        node.name: not np.array_equal(
            node.weights["kernel"], graph[node.name].weights["kernel"]
        )
        for node in trained.nodes
        if node.weights
    }
    # More than a float32 holds.
    broken = {**settings, "epochs": 1, "weight": 1e39}
    try:
        train(quantized(), examples(), broken, seed=0, part="mine")
        message = ""
    except InputError as error:
        message = str(error)
    return {"losses": losses, "moved": moved, "message": message}


def check_sparsity():
    settings = settings_lib.complete({"epochs": 10, "batch_size": 8})
    count, shares = steps(40, settings), []
    model = PrunedModel(small_graph(), steps=count, sparsity=0.75)
    ((_, mask, _),) = model.wrappers["logits"].pruning_vars

    def watch(**values):
        shares.append(float(np.mean(mask.numpy() == 0)))

    train(model, examples(), settings, seed=0, report=watch)
    graph = model.graph()
    kept = quantized(graph=graph)
    train(kept, examples(), settings, seed=0)
    four = PrunedModel(small_graph(), steps=count, two_by_four=True)
    train(four, examples(), settings, seed=0)
    return {
        "shares": shares,
        "names": model.names,
        "kept": {name: list(kinds) for name, kinds in graph.kept.items()},
        "pruned": graph["logits"].weights["kernel"].tolist(),
        "after_qat": kept.graph()["logits"].weights["kernel"].tolist(),
        "two_by_four": four.graph()["logits"].weights["kernel"].tolist(),
        "errors": _errors(
            lambda: PrunedModel(_tiny_graph(), steps=10),
            lambda: PrunedModel(_tiny_graph(), steps=10, two_by_four=True),
            lambda: ClusteredModel(_tiny_graph(), clusters=16),
        ),
    }


def check_frozen():
    """Training, pruning and quantizing where a layer is frozen, or all."""
    model = models.student()
    model.get_layer("conv").trainable = False
    graph = bridge.rewrite(bridge.read(model))
    pruned = PrunedModel(graph, steps=10)
    train(pruned, examples(), settings_lib.complete({"epochs": 1}), seed=0)
    quantizers = quantized(4, pruned.graph())
    train(quantizers, examples(), settings_lib.complete({"epochs": 1}), seed=0)
    trained = quantizers.graph()
    bits = {
        name: wrapper._weight_vars[0][1].num_bits
        for name, wrapper in quantizers.wrappers.items()
        if wrapper._weight_vars
    }
    model.trainable = False
    images = models.images(20)
    stages = Stages(
        model,
        CompressionData(np.arange(20), images, RANGE, examples()),
        settings_lib.complete(),
        seed=0,
        backup_dir="",
        identity="",
        report=lambda **values: None,
    )
    (error,) = _errors(lambda: stages.run(registry.get("int8_qat")))
    return {
        "names": pruned.names,
        "moved": [
            node.name
            for node in trained.nodes
            if node.weights
            and not np.array_equal(
                node.weights["kernel"], graph[node.name].weights["kernel"]
            )
        ],
        "bits": bits,
        "error": error,
    }


def check_clustering():
    settings = settings_lib.complete({"epochs": 3, "batch_size": 8})
    model = ClusteredModel(small_graph(), clusters=8)
    losses = train(model, examples(), settings, seed=0)
    graph = model.graph()
    kept = quantized(graph=graph)
    train(kept, examples(), settings, seed=0)
    pruned = PrunedModel(small_graph(), steps=15, sparsity=0.5)
    train(pruned, examples(), settings, seed=0)
    both = ClusteredModel(pruned.graph(), clusters=8)
    train(both, examples(), settings, seed=0)
    both = both.graph()
    return {
        "losses": losses,
        "names": model.names,
        "kernel": graph["logits"].weights["kernel"].tolist(),
        "bias": len(graph["logits"].weights["bias"]),
        "after_qat": kept.graph()["logits"].weights["kernel"].tolist(),
        "per_axis": kept.wrappers["conv"]._weight_vars[0][1].per_axis,
        "both": both["logits"].weights["kernel"].tolist(),
        "kept": list(both.kept["logits"]),
    }


def _tiny_graph():
    graph = small_graph()
    for node in graph.kernels():
        node.trainable = False
    return graph


def _errors(*calls):
    messages = []
    for call in calls:
        try:
            call()
            messages.append("")
        except InputError as error:
            messages.append(str(error))
    return messages


def check_answers():
    """The teacher's logits, as `data_of` computes them."""
    model = models.student()
    images = models.images(5)
    return {
        "predictor": predictor.Predictor(model, models.SHAPE)(images).tolist()
    }


if __name__ == "__main__":
    legacy.tfmot()
    results = {
        name.removeprefix("check_"): function()
        for name, function in list(globals().items())
        if name.startswith("check_")
        and name not in ("check_resumed", "check_learning")
    }
    pathlib.Path(sys.argv[1]).write_text(json.dumps(results))
