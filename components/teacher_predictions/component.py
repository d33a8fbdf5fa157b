"""Declares TeacherPredictions."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.data import prediction_settings
from tfkd.errors import InputError


class TeacherPredictionsSpec(ComponentSpec):
    """TeacherPredictions' channels and parameters."""

    PARAMETERS = {
        "batch_size": ExecutionParameter(type=int, optional=True, default=256),
        "format": ExecutionParameter(type=dict, optional=True),
        "augmentation": ExecutionParameter(type=dict, optional=True),
    }
    INPUTS = {
        "examples": ChannelParameter(type=artifacts.Examples),
        "teacher": ChannelParameter(type=artifacts.Model),
    }
    OUTPUTS = {
        "predictions": ChannelParameter(type=artifacts.TeacherPredictions)
    }


class TeacherPredictions(BaseComponent):
    """Runs the teacher once over every example, on Beam.

    Args:
        examples: Channel of `Examples`.
        teacher: Channel of `Model`.
        batch_size: Examples in one forward pass, and in one record.
        format: What is stored and how, see
            `tfkd.data.prediction_settings.complete_format`; dense float32
            logits if absent.
        augmentation: Views of the training images, see
            `tfkd.data.prediction_settings.complete_policy`; images as they
            are if absent.

    Raises:
        InputError: If a value is wrong.
    """

    SPEC_CLASS = TeacherPredictionsSpec
    EXECUTOR = "tfkd.components.teacher_predictions.executor.Executor"
    CACHE_PACKAGES = ("keras", "numpy", "tensorflow")

    def __init__(
        self,
        *,
        examples,
        teacher,
        batch_size=256,
        format=None,
        augmentation=None,
    ):
        spec = TeacherPredictionsSpec(
            examples=examples,
            teacher=teacher,
            batch_size=batch_size,
            format=format,
            augmentation=augmentation,
        )
        if batch_size < 1:
            raise InputError(
                "TeacherPredictions.batch_size must be at least 1, received "
                f"{batch_size}. Leave it out for 256."
            )
        properties = spec.exec_properties
        properties["format"] = prediction_settings.complete_format(
            **(format or {})
        )
        properties["augmentation"] = prediction_settings.complete_policy(
            augmentation
        )
        super().__init__(spec)
