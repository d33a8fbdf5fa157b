"""Runs `Compression`."""

import json
import pathlib

from tfkd import compression
from tfkd import metrics
from tfkd.components.base.executor import BaseExecutor
from tfkd.compression import choice
from tfkd.compression import student_data
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export.trained import TrainedModel


class Executor(BaseExecutor):
    """Applies each recipe to the student's selected model."""

    def Do(self, input_dict, output_dict, exec_properties):
        uris = {key: items[0].uri for key, items in input_dict.items()}
        folder = pathlib.Path(output_dict["compressed"][0].uri)
        run = _Run(self.context, uris, folder, exec_properties)
        recipes = tuple(exec_properties["recipes"])
        if exec_properties["controls"]:
            recipes = compression.with_controls(recipes)
        run.make(recipes)
        values = run.finish(
            exec_properties["max_drop"], exec_properties["fallback"]
        )
        self.context.report(fraction=1.0, message=f"{len(run.reports)} recipes")
        text = json.dumps(values, indent=1, sort_keys=True)
        (folder / "compression.json").write_text(text + "\n")


class _Run:
    """One execution; `reports` grows recipe by recipe."""

    def __init__(self, context, uris, folder, properties):
        self._context, self._uris, self._folder = context, uris, folder
        self._settings = properties["training"]
        self._student = TrainedModel(uris["student"])
        self._data = student_data.to_calibrate(
            uris["examples"], properties["calibration_examples"]
        )
        _, *self._eval = records.load_arrays(uris["examples"], "eval")
        self.reports = {}

    def make(self, recipes):
        """Makes the files of recipes and measures them on the eval split."""
        trains = any(compression.get(name).trains for name in recipes)
        if trains and self._data.training is None:
            self._data = student_data.to_train(
                self._data,
                self._uris["examples"],
                self._student.training,
                teacher=self._uris.get("teacher"),
                cached=self._uris.get("predictions"),
            )
        paths = {name: self._folder / name / "model.tflite" for name in recipes}
        reports = compression.compress_all(
            self._student.path,
            recipes=recipes,
            data=self._data,
            destinations=paths,
            training=self._settings,
            seed=self._student.selected_seed,
            options=compression.Options(
                source=self._student.source,
                tmp_dir=self._context.tmp_dir or None,
                backup_dir=self._context.stateful_dir,
                report=self._report(recipes),
            ),
        )
        images, labels = self._eval
        for name, report in reports.items():
            answers = LiteRTModel(paths[name]).predict(images)
            accuracy = metrics.accuracy(answers, labels)
            self.reports[name] = {**report, "eval_accuracy": accuracy}

    def finish(self, max_drop, fallback):
        """Returns what `compression.json` holds; may make the fallback."""
        training = self._student.training
        (floating,) = (
            run["eval_accuracy"]
            for run in training["runs"]
            if run["seed"] == training["selected_seed"]
        )
        ptq, error = self.reports.get("int8_ptq"), None
        needed = ptq and not choice.keeps(ptq, floating, max_drop)
        if needed and fallback and fallback not in self.reports:
            error = self._fall_back(fallback)
        chosen = choice.choose(self.reports, floating, max_drop)
        if chosen is not None:
            self.reports[chosen]["variant"] = "int8"
        return {
            "chosen": chosen,
            "fallback_error": error,
            "max_drop": max_drop,
            "recipes": self.reports,
            "student_eval_accuracy": floating,
            "student_hash": self._student.hash,
        }

    def _fall_back(self, recipe):
        """Makes one more recipe; a failure must not cost what is there."""
        self._context.report(message=f"int8_ptq costs too much: {recipe}")
        try:
            self.make((recipe,))
        except (InputError, RuntimeError) as error:
            self._context.report(message=f"{recipe} failed: {error}")
            return str(error)
        return None

    def _report(self, recipes):
        """Turns each training's progress into that of the whole execution."""
        order = {name: number for number, name in enumerate(recipes)}

        def report(message="", fraction=0.0, **values):
            number = order.get(message.partition(":")[0], 0)
            self._context.report(
                fraction=(number + 0.9 * fraction) / len(order),
                message=message,
                **values,
            )

        return report
