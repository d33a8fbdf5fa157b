"""Runs `Compression`."""

import json
import pathlib

from tfkd import compression
from tfkd.components.base.executor import BaseExecutor
from tfkd.compression.data import calibration_data
from tfkd.data import records
from tfkd.export.trained import TrainedModel


class Executor(BaseExecutor):
    """Applies each recipe to the student's selected model."""

    def Do(self, input_dict, output_dict, exec_properties):
        examples = input_dict["examples"][0].uri
        student = TrainedModel(input_dict["student"][0].uri)
        destination = pathlib.Path(output_dict["compressed"][0].uri)
        ids, images, _ = records.load_arrays(examples, "train")
        data = calibration_data(
            ids,
            images,
            exec_properties["calibration_examples"],
            records.read_info(examples)["value_range"],
        )
        reports, recipes = {}, list(exec_properties["recipes"])
        for number, recipe in enumerate(recipes):
            self.context.report(
                fraction=number / len(recipes), message=f"{recipe}: converting"
            )
            reports[recipe] = compression.compress(
                student.path,
                recipe=recipe,
                data=data,
                destination=destination / recipe / "model.tflite",
                source=student.source,
                tmp_dir=self.context.tmp_dir or None,
            )
        self.context.report(fraction=1.0, message=f"{len(recipes)} recipes")
        values = {"recipes": reports, "student_hash": student.hash}
        text = json.dumps(values, indent=1, sort_keys=True)
        (destination / "compression.json").write_text(text + "\n")
