"""Runs `Evaluator`."""

import functools
import json
import pathlib
import tempfile

import numpy as np

from tfkd import metrics
from tfkd.components.base.executor import BaseExecutor
from tfkd.components.evaluator import baseline
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export import package
from tfkd.export import reference
from tfkd.export.trained import TrainedModel
from tfkd.metrics import gates
from tfkd.metrics import quality_gates
from tfkd.metrics.summary import summarize
from tfkd.training import shard_logits

# The Keras models, and which `.tflite` variant gives their size and time.
_KERAS = {"teacher": "teacher", "control": "control", "student": "float32"}


class Executor(BaseExecutor):
    """Predicts the test split with every model, and judges them."""

    def Do(self, input_dict, output_dict, exec_properties):
        examples = input_dict["examples"][0].uri
        info = records.read_info(examples)
        ids, images, labels = records.load_arrays(examples, "test")
        trained = {
            role: TrainedModel(input_dict[role][0].uri) for role in _KERAS
        }
        tflite = _variants(pathlib.Path(input_dict["tflite"][0].uri), trained)
        predicted, seeds = self._predict_keras(examples, trained, labels)
        selected = trained["student"].selected_seed
        for name, answers in self._predict_tflite(tflite, images):
            predicted[name] = answers
            seeds[name] = {selected: _accuracy(name, answers, labels)}
        models = {
            name: {
                **summarize(
                    probabilities,
                    labels,
                    seed_accuracies=seeds[name],
                    teacher_probabilities=predicted["teacher"],
                    floor=_floor(tflite[name]),
                    bootstrap_samples=exec_properties["bootstrap_samples"],
                ),
                **_cost(trained.get(name, trained["student"]), tflite[name]),
            }
            for name, probabilities in predicted.items()
        }
        judged = _judged(
            exec_properties["variant"], models, input_dict["tflite"][0].uri
        )
        models[judged] |= _beside_float(
            predicted[judged],
            predicted["student"],
            labels,
            exec_properties["bootstrap_samples"],
        )
        compared = self._compare(
            input_dict, exec_properties, (images, labels), predicted[judged]
        )
        checks = gates.check(
            quality_gates.GATES,
            exec_properties["thresholds"],
            models | {"judged": models[judged], "baseline": compared},
        )
        evaluation = {
            "baseline": compared,
            "blessed": gates.blessed(checks),
            "checks": checks,
            "class_names": info["class_names"],
            "judged": judged,
            "models": models,
            "test_examples": len(labels),
        }
        folder = pathlib.Path(output_dict["evaluation"][0].uri)
        _write_json(folder / "metrics.json", evaluation)
        images = images.astype(info["image_dtype"])
        _write_predictions(folder, ids, images, labels, predicted)
        _bless(
            output_dict["blessing"][0],
            input_dict,
            checks,
            exec_properties["variant"],
        )
        self.context.report(fraction=1.0, message=gates.message(checks))

    def _compare(self, input_dict, exec_properties, examples, answers):
        """Returns how the judged file compares with an earlier one."""
        found = input_dict.get("baseline_model")
        if not found:
            return None
        return baseline.measure(
            found[0].uri,
            exec_properties["variant"],
            records.read_info(input_dict["examples"][0].uri),
            examples,
            answers,
            exec_properties["bootstrap_samples"],
        )

    def _predict_keras(self, examples, trained, labels):
        """Returns probabilities and accuracies by seed, by model name."""
        runs = [
            (name, seed)
            for name, model in trained.items()
            for seed in (None, *model.other_seeds())
        ]
        parent = self.context.tmp_dir or None
        with tempfile.TemporaryDirectory(dir=parent) as work_dir:
            logits = shard_logits.compute(
                examples,
                "test",
                [(trained[name].uri, seed) for name, seed in runs],
                pipeline=self.make_beam_pipeline(),
                work_dir=work_dir,
                progress=functools.partial(self.report_shards, share=0.5),
            )
        predicted, seeds = {}, {name: {} for name in trained}
        for (name, seed), values in zip(runs, logits):
            answers = reference.softmax(values)
            if seed is None:
                seed = trained[name].selected_seed
                predicted[name] = answers
            seeds[name][seed] = _accuracy(name, answers, labels)
        return predicted, seeds

    def _predict_tflite(self, tflite, images):
        """Yields name and probabilities of the compressed students."""
        names = [name for name in tflite if name not in _KERAS]
        for number, name in enumerate(names):
            self.context.report(
                fraction=0.5 + 0.5 * number / len(names),
                message=f"{name}: {len(images)} test images",
            )
            yield name, LiteRTModel(tflite[name]["path"]).predict(images)


def _accuracy(name, answers, labels):
    """Returns a model's accuracy; an error says whose answers are broken."""
    try:
        return metrics.accuracy(answers, labels)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _variants(folder, trained):
    """Returns model name to its file's description, `None` without a file.

    Compressed variants of the student appear as `student_<variant>`.
    """
    found = {path.parent.name for path in folder.glob("*/model.tflite")}
    names = dict(_KERAS)
    for variant in sorted(found - set(_KERAS.values())):
        names[f"student_{variant}"] = variant
    result = {}
    for name, variant in names.items():
        if variant not in found:
            result[name] = None
            continue
        description = package.read_description(folder / variant)
        _check_origin(
            description, variant, trained.get(name, trained["student"])
        )
        path = str(folder / variant / "model.tflite")
        result[name] = {**description, "path": path}
    return result


def _check_origin(description, variant, model):
    made_of = description["provenance"]["model_hash"]
    if made_of != model.hash:
        raise InputError(
            f"The exported variant {variant!r} must come from the model that "
            f"is evaluated (hash {model.hash}), it was made of {made_of}. "
            "Connect Evaluator and TFLiteExporter to the same models."
        )


def _judged(variant, models, folder):
    """Returns the name of the model that a variant's file is."""
    names = {v: name for name, v in _KERAS.items()}
    name = names.get(variant, f"student_{variant}")
    if name not in models:
        known = [n.removeprefix("student_") for n in models if n not in _KERAS]
        raise package.unknown_variant(variant, [*known, "float32"], folder)
    return name


def _beside_float(answers, floats, labels, samples):
    """Returns what a file loses against the float student, by example."""
    lost = metrics.correct(floats, labels).astype(int)
    lost -= metrics.correct(answers, labels)
    return {
        "accuracy_drop": float(lost.mean()),
        "accuracy_drop_interval": list(
            metrics.bootstrap_interval(lost, samples=samples)
        ),
        "agreement_with_float": metrics.agreement(answers, floats),
    }


def _floor(description):
    """Half a step: what a quantized probability of 0 stands for, at most.

    The files beside Keras models are float: no step, the floor of float64.
    """
    quantization = (description or {}).get("output", {}).get("quantization")
    return quantization["scale"] / 2 if quantization else 1e-300


def _cost(model, description):
    description = description or {}
    return {
        "bytes": description.get("bytes"),
        "gzip_bytes": description.get("gzip_bytes"),
        "parameters": model.training["parameters"],
    }


def _write_predictions(folder, ids, images, labels, predicted):
    np.savez_compressed(
        folder / "predictions.npz",
        example_ids=np.asarray(ids, str),
        images=images,
        labels=labels,
        **{
            f"{name}_probabilities": values.astype(np.float32)
            for name, values in predicted.items()
        },
    )


def _bless(blessing, input_dict, checks, variant):
    tflite = input_dict["tflite"][0]
    blessed = gates.blessed(checks)
    folder = pathlib.Path(blessing.uri)
    (folder / ("BLESSED" if blessed else "NOT_BLESSED")).touch()
    description = package.read_description(pathlib.Path(tflite.uri, variant))
    values = {
        "blessed": blessed,
        "checks": checks,
        "message": gates.message(checks),
        # Of the judged file alone: nothing is said of the others.
        "sha256": {variant: description["sha256"]},
    }
    _write_json(folder / "blessing.json", values)
    blessing.set_int_custom_property("blessed", blessed)
    # TFX's Resolver looks for a `Model`, so that is what was blessed.
    judged = {
        "current_model": input_dict["student"][0],
        "current_tflite": tflite,
    }
    for earlier in input_dict.get("baseline_model", ()):
        judged["baseline_model"] = earlier
    for key, artifact in judged.items():
        blessing.set_string_custom_property(key, artifact.uri)
        if artifact.id is not None:
            blessing.set_int_custom_property(f"{key}_id", artifact.id)


def _write_json(path, values):
    path.write_text(json.dumps(values, indent=1, sort_keys=True) + "\n")
