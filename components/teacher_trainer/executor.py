"""Executes TeacherTrainer."""

import logging
import os

from tfkd import weights
from tfkd.components.base.training import TrainingExecutor
from tfkd.data import records
from tfkd.training import inputs
from tfkd.training import model_files
from tfkd.training import model_source
from tfkd.training import precision
from tfkd.training import run_data
from tfkd.training import trainer


class Executor(TrainingExecutor):
    """Trains or imports the teacher, and measures it."""

    def train(self, input_dict, output_dict, exec_properties):
        examples = input_dict["examples"][0].uri
        output = output_dict["model"][0].uri
        info = records.read_info(examples)
        seed = exec_properties["seed"]
        settings = exec_properties["train"]
        train = run_data.load(examples, "train", exec_properties["subset"])
        evaluation = run_data.load(examples, "eval")
        with trainer.seeded(seed):
            model = model_source.build_for(exec_properties["teacher"], info)
        history = {}
        if settings["epochs"]:
            run_data.check_trainable(model, "The teacher")
            trained = precision.cast(model, settings["precision"])
            policy = exec_properties["augmentation"]
            given = inputs.Inputs(train.images, policy=policy)
            if policy is not None:
                given.seeds = inputs.seeds(train.ids, policy)
            history = trainer.train(
                trained,
                given.arrays(),
                train.labels,
                prepare=given.prepare(),
                validation=(evaluation.images, evaluation.labels),
                **settings,
                seed=seed,
                backup_dir=self._folder(self.context.stateful_dir, seed),
                log_dir=self._folder(self.context.log_dir, seed),
                report=self.context.report,
                part=self.context.node_id or "teacher",
            )
            weights.copy(trained, model)
        model_files.check_finite(model)
        accuracy = trainer.accuracy(model, evaluation.images, evaluation.labels)
        warnings = run_data.chance_warnings(accuracy, evaluation.labels)
        for warning in warnings:
            logging.warning(warning)
            self.context.report(message=warning)
        model_files.save(model, os.path.join(output, model_files.SELECTED))
        model_files.save(model, f"{output}/seed-{seed}/model.keras")
        model_files.write_record(
            output,
            {
                "role": "teacher",
                "method": None,
                "arguments": {},
                "model": run_data.portable(exec_properties["teacher"]),
                "train": settings,
                "subset": list(exec_properties["subset"]),
                "parameters": model_files.parameter_count(model),
                "selected_seed": seed,
                "model_hash": model_files.model_hash(model),
                "teacher_hash": None,
                "num_labels": len(train.labels) if settings["epochs"] else 0,
                "num_unlabelled": 0,
                "warnings": warnings,
                "runs": [
                    {
                        "seed": seed,
                        "eval_accuracy": accuracy,
                        "history": history,
                    }
                ],
            },
        )

    def _folder(self, base, seed):
        return os.path.join(base, f"seed-{seed}") if base else ""
