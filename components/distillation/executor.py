"""Executes Distillation."""

import os

from tfkd.components.base.training import TrainingExecutor
from tfkd.data import records
from tfkd.training import distil
from tfkd.training import model_files
from tfkd.training import run_data


class Executor(TrainingExecutor):
    """Trains one student a seed and selects the best on the eval split."""

    def train(self, input_dict, output_dict, exec_properties):
        examples = input_dict["examples"][0].uri
        output = output_dict["model"][0].uri
        task = distil.Task(
            info=records.read_info(examples),
            train=run_data.load(examples, "train", exec_properties["subset"]),
            evaluation=run_data.load(examples, "eval"),
            student=exec_properties["student"],
            settings=exec_properties["train"],
            method=exec_properties["method"],
            arguments=exec_properties["arguments"],
            num_labels=exec_properties["num_labels"],
            augmentation=exec_properties["augmentation"],
            part=self.context.node_id or "student",
        )
        for base in input_dict.get("base_model", ()):
            task.base = base.uri
        if task.method is not None:
            predictions = input_dict.get("predictions")
            distil.attach_teacher(
                task,
                input_dict["teacher"][0].uri,
                predictions[0].uri if predictions else None,
            )
        seeds = list(exec_properties["seeds"])
        runs = []
        for number, seed in enumerate(seeds):
            model, run = distil.run(
                task,
                seed,
                backup_dir=_folder(self.context.stateful_dir, seed),
                log_dir=_folder(self.context.log_dir, seed),
                report=self._report(number, seeds),
            )
            model_files.save(model, f"{output}/seed-{seed}/model.keras")
            runs.append(run)
        _finish(output, task, exec_properties, runs)

    def _report(self, number, seeds):
        def report(fraction, **values):
            self.context.report(
                fraction=(number + fraction) / len(seeds),
                message=f"seed {seeds[number]}, {number + 1} of {len(seeds)}",
                **values,
            )

        return report


def _folder(base, seed):
    return os.path.join(base, f"seed-{seed}") if base else ""


def _finish(output, task, exec_properties, runs):
    """Selects a run, writes its model once more, and the record."""
    best = min(runs, key=lambda run: (-run["eval_accuracy"], run["seed"]))
    model = model_files.load_file(
        f"{output}/seed-{best['seed']}/model.keras", task.student
    )
    model_files.save(model, os.path.join(output, model_files.SELECTED))
    labels = task.num_labels or len(task.train.labels)
    total = len(task.train.labels)
    model_files.write_record(
        output,
        {
            "role": "control" if task.method is None else "student",
            "method": task.method,
            "arguments": task.arguments,
            "model": run_data.portable(task.student),
            "train": task.settings,
            "subset": list(exec_properties["subset"]),
            "augmentation": task.augmentation,
            "parameters": model_files.parameter_count(model),
            "selected_seed": best["seed"],
            "model_hash": model_files.model_hash(model),
            "teacher_hash": task.teacher_hash,
            "base_model_hash": task.base
            and model_files.read_record(task.base)["model_hash"],
            "num_labels": labels,
            # The control sees the labelled examples only.
            "num_unlabelled": 0 if task.method is None else total - labels,
            "runs": runs,
        },
    )
