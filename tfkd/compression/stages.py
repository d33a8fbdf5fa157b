"""Runs the stages of recipes on a carried model; needs tfmot.

Recipes that begin with the same stages share them: `int8_pruned` and
`int8_pruned_qat` prune once.
"""

import pathlib

from tfkd.compression import lite
from tfkd.compression.bridge import check_equal
from tfkd.compression.bridge import read
from tfkd.compression.bridge import rewrite
from tfkd.compression.bridge import write
from tfkd.compression.clustering import ClusteredModel
from tfkd.compression.quantization import QuantizedModel
from tfkd.compression.sparsity import PrunedModel
from tfkd.compression.training import Backup
from tfkd.compression.training import steps
from tfkd.compression.training import train
from tfkd.errors import InputError

_TRAINED = {
    "prune": "pruning",
    "two_by_four": "2-by-4 pruning",
    "cluster": "clustering",
    "quantize": "quantization-aware training",
}


class Stages:
    """A student in legacy Keras, and what stages make of it.

    Args:
        model: The student, a Keras 3 model from raw images to logits.
        data: `CompressionData`.
        settings: Complete settings, see `tfkd.compression.settings`.
        seed: Seed of the data order.
        backup_dir: Where the state of trainings is kept, `""` for nowhere.
        identity: What makes a backup this student's on this data.
        report: Called as `report(message=, fraction=, ...)`.

    Attributes:
        parity: Largest errors of the carried model and of the rewritten one.

    Layers with `trainable=False` keep their weights: they are quantized, and
    neither trained nor pruned nor clustered.

    Raises:
        InputError: If the model cannot be carried to legacy Keras.
        RuntimeError: If it does not compute the same there.
    """

    def __init__(
        self, model, data, settings, *, seed, backup_dir, identity, report
    ):
        self._data, self._settings, self._seed = data, settings, seed
        self._backup_dir, self._identity = backup_dir, identity
        self._report = report
        images = data.images[:64]
        expected = model(images, training=False)
        graph = read(model)
        carried = write(graph)(images, training=False)
        graph = rewrite(graph)
        folded = write(graph)(images, training=False)
        self.parity = {
            "carried": check_equal(expected, carried, "Carrying the model"),
            "rewritten": check_equal(expected, folded, "Folding its layers"),
        }
        self._graphs = {(): (graph, [])}
        self._shape = graph.input.shape

    def run(self, recipe):
        """Returns a recipe's `.tflite` content and what was done.

        Returns:
            `(content, done)`; `done` has `stages` (one dict for each:
            `name`, `epochs`, `steps`, `loss`), `kept` (node name to patterns
            and shape of its kernel in the file) and `parity`.

        Raises:
            InputError: If the recipe trains and every layer is frozen.
        """
        if recipe.trains:
            self._check_trainable()
        shaping = tuple(s for s in recipe.stages if s != "quantize")
        graph, done = self._shaped(shaping, recipe)
        self._report(message=f"{recipe.name}: calibrating")
        quantized = QuantizedModel(
            graph,
            images=self._data.images,
            value_range=self._data.value_range,
            bits=recipe.bits,
        )
        if "quantize" in recipe.stages:
            done = [*done, self._train(quantized, recipe.stages, recipe)]
        self._report(message=f"{recipe.name}: converting")
        content = lite.integer_file(quantized.model, self._shape, recipe.bits)
        kept = {
            name: {"patterns": kinds, "shape": _shape_in_file(graph[name])}
            for name, kinds in graph.kept.items()
        }
        return content, {"stages": done, "kept": kept, "parity": self.parity}

    def _check_trainable(self):
        graph, _ = self._graphs[()]
        if not any(node.weights and node.trainable for node in graph.nodes):
            raise InputError(
                "Recipes that train need a layer that is trainable; all of "
                f"the model {graph.name!r} have trainable=False. Set "
                "student.trainable = True, or use 'int8_ptq'."
            )

    def _shaped(self, shaping, recipe):
        """Returns the graph after pruning and clustering, made once."""
        if shaping not in self._graphs:
            graph, done = self._shaped(shaping[:-1], recipe)
            wrapped = self._wrapped(shaping[-1], graph)
            done = [*done, self._train(wrapped, shaping, recipe)]
            self._graphs[shaping] = wrapped.graph(), done
        return self._graphs[shaping]

    def _wrapped(self, stage, graph):
        settings = self._settings
        if stage == "cluster":
            return ClusteredModel(graph, clusters=settings["clusters"])
        return PrunedModel(
            graph,
            steps=steps(len(self._data.training.labels), settings),
            sparsity=settings["sparsity"],
            two_by_four=stage == "two_by_four",
        )

    def _train(self, wrapped, stages, recipe):
        data = self._data.training
        data = data if recipe.taught else data.without_teacher()
        key = "-".join(stages)
        if stages[-1] == "quantize":
            key += f"-{recipe.bits}{'' if recipe.taught else '-alone'}"
        backup = None
        if self._backup_dir:
            path = pathlib.Path(self._backup_dir, f"{key}.npz")
            identity = [self._identity, key, self._settings, self._seed]
            backup = Backup(path, identity)
        part = f"{recipe.name}: {_TRAINED[stages[-1]]}"
        losses = train(
            wrapped,
            data,
            self._settings,
            seed=self._seed,
            backup=backup,
            report=lambda **values: self._report(message=part, **values),
            part=part,
        )
        return {
            "name": stages[-1],
            "epochs": len(losses),
            "steps": steps(len(data.labels), self._settings),
            "loss": losses[-1],
        }


def _shape_in_file(node):
    """Shape of a kernel in TFLite: outputs first, input channels last."""
    shape = node.weights["kernel"].shape
    return [int(shape[-1]), *(int(size) for size in shape[:-1])]
