"""Executes MethodValidator."""

import json
import os

from tfkd.components.base.executor import BaseExecutor
from tfkd.data import records
from tfkd.data import tap_formats
from tfkd.errors import InputError
from tfkd.training import distil
from tfkd.training import model_files
from tfkd.training import model_source
from tfkd.training import precision
from tfkd.training import trainer
from tfkd.training.predictor import TapPredictor


class Executor(BaseExecutor):
    """Builds what Distillation will train, on a teacher that is untrained."""

    def Do(self, input_dict, output_dict, exec_properties):
        info = records.read_info(input_dict["examples"][0].uri)
        _check_labels(exec_properties["num_labels"], info)
        kind = exec_properties["precision"]
        with trainer.seeded(0):
            teacher = model_source.build_for(exec_properties["teacher"], info)
            _check_stored(teacher, info, exec_properties["format"])
            student = distil.build_student(exec_properties["student"], info)
            distil.build_method(
                exec_properties["method"],
                exec_properties["arguments"],
                teacher=precision.cast(teacher, kind),
                student=precision.cast(student, kind),
                examples=info["splits"]["train"]["num_examples"],
                precision=kind,
            )
        found = {
            "method": exec_properties["method"],
            "arguments": exec_properties["arguments"],
            "teacher_parameters": model_files.parameter_count(teacher),
            "student_parameters": model_files.parameter_count(student),
        }
        path = os.path.join(output_dict["check"][0].uri, "method.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=2, sort_keys=True)
        smaller = found["teacher_parameters"] / found["student_parameters"]
        self.context.report(
            fraction=1.0,
            message=f"{found['method']} fits; a student of "
            f"{found['student_parameters']:,} parameters, 1/{smaller:.3g} "
            "of the teacher's",
        )


def _check_labels(count, info):
    """Compares with the whole train split, of which a subset has fewer."""
    total = info["splits"]["train"]["num_examples"]
    if count is not None and not info["num_classes"] <= count <= total:
        raise InputError(
            "config.distillation.num_labels must be at least one a class "
            f"({info['num_classes']}) and at most the number of training "
            f"examples ({total}), received {count}."
        )


def _check_stored(teacher, info, format):
    """Lets what cannot be stored of the teacher's answers fail now."""
    predictor = TapPredictor(teacher, info["image_shape"], format["taps"])
    tap_formats.create(format, predictor.shapes)
