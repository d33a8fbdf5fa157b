"""Declares MethodValidator."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.data import prediction_settings
from tfkd.methods import registry
from tfkd.training import model_source
from tfkd.training import settings


class MethodValidatorSpec(ComponentSpec):
    """MethodValidator's channels and parameters."""

    PARAMETERS = {
        "method": ExecutionParameter(type=str),
        "arguments": ExecutionParameter(type=dict, optional=True),
        "teacher": ExecutionParameter(type=dict),
        "student": ExecutionParameter(type=dict),
        "precision": ExecutionParameter(
            type=str, optional=True, default="float32"
        ),
        "format": ExecutionParameter(type=dict, optional=True),
        "num_labels": ExecutionParameter(type=int, optional=True),
        # Computed: make a changed file behind a model a changed execution.
        "teacher_digest": ExecutionParameter(type=str),
        "student_digest": ExecutionParameter(type=str),
    }
    INPUTS = {"examples": ChannelParameter(type=artifacts.Examples)}
    OUTPUTS = {"check": ChannelParameter(type=artifacts.MethodCheck)}


class MethodValidator(BaseComponent):
    """Builds a method on the student and the teacher, and trains nothing.

    A tap that is not there, stages that do not fit, an argument that is out of
    range or more labels than there are examples stop the run before the
    teacher is trained; let what trains it wait:
    `trainer.add_upstream_node(validator)`. What shows only in a training step,
    or needs a teacher that has learned, is not found.

    Args:
        examples: Channel of `Examples`: of what shape they are, how many.
        method: Key of a method, see `tfkd methods`.
        teacher: What to build or load, see `tfkd.training.model_source`.
        student: The same.
        arguments: The method's arguments.
        precision: One of `tfkd.training.settings.PRECISIONS`.
        format: What will be stored of the teacher's answers, see
            `tfkd.data.prediction_settings.complete_format`.
        num_labels: How many examples will keep their label; `None`: all.

    Raises:
        InputError: If a value, a name or a combination is wrong.
    """

    SPEC_CLASS = MethodValidatorSpec
    EXECUTOR = "tfkd.components.method_validator.executor.Executor"
    CACHE_PACKAGES = ("keras", "numpy", "tensorflow")

    def __init__(
        self,
        *,
        examples,
        method,
        teacher,
        student,
        arguments=None,
        precision="float32",
        format=None,
        num_labels=None,
    ):
        spec = MethodValidatorSpec(
            examples=examples,
            method=method,
            arguments=arguments,
            teacher=teacher,
            student=student,
            precision=precision,
            format=format,
            num_labels=num_labels,
            teacher_digest="",
            student_digest="",
        )
        arguments = dict(arguments or {})
        registry.check_for_pipeline(method, arguments)
        settings.complete({"epochs": 1, "precision": precision})
        properties = spec.exec_properties
        properties["arguments"] = arguments
        properties["format"] = prediction_settings.complete_format(
            **(format or {})
        )
        for role, model in (("teacher", teacher), ("student", student)):
            model_source.check(model, role)
            properties[f"{role}_digest"] = model_source.digest(model)
        super().__init__(spec)
