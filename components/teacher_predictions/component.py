"""Declares TeacherPredictions."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError


class TeacherPredictionsSpec(ComponentSpec):
    """TeacherPredictions' channels and parameters."""

    PARAMETERS = {
        "batch_size": ExecutionParameter(type=int, optional=True, default=256)
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
        batch_size: Examples in one forward pass.

    Raises:
        InputError: If `batch_size` is below 1.
    """

    SPEC_CLASS = TeacherPredictionsSpec
    EXECUTOR = "tfkd.components.teacher_predictions.executor.Executor"
    CACHE_PACKAGES = ("keras", "numpy", "tensorflow")

    def __init__(self, *, examples, teacher, batch_size=256):
        spec = TeacherPredictionsSpec(
            examples=examples, teacher=teacher, batch_size=batch_size
        )
        if batch_size < 1:
            raise InputError(
                "TeacherPredictions.batch_size must be at least 1, received "
                f"{batch_size}. Leave it out for 256."
            )
        super().__init__(spec)
