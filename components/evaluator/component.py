"""Declares `Evaluator`."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError
from tfkd.metrics import gates


class EvaluatorSpec(ComponentSpec):
    """Channels and parameters of `Evaluator`."""

    PARAMETERS = {
        "thresholds": ExecutionParameter(dict),
        "bootstrap_samples": ExecutionParameter(
            int, optional=True, default=1000
        ),
        "latency_runs": ExecutionParameter(int, optional=True, default=200),
    }
    INPUTS = {
        "examples": ChannelParameter(artifacts.Examples),
        "teacher": ChannelParameter(artifacts.Model),
        "control": ChannelParameter(artifacts.Model),
        "student": ChannelParameter(artifacts.Model),
        "tflite": ChannelParameter(artifacts.TFLiteModel),
    }
    OUTPUTS = {
        "evaluation": ChannelParameter(artifacts.ModelEvaluation),
        "blessing": ChannelParameter(artifacts.ModelBlessing),
    }
    TYPE_ANNOTATION = "Evaluate"


class Evaluator(BaseComponent):
    """Measures all models on the test split, and blesses the int8 student.

    Args:
        examples: `Examples`; only the test split is read.
        teacher: `Model`.
        control: `Model`: the same student, trained without a teacher.
        student: `Model`.
        tflite: `TFLiteModel` made of them.
        thresholds: Bound by name, see `tfkd.metrics.gates.GATES`:
            `min_accuracy`, `min_gain_over_control`, `max_int8_drop`,
            `max_bytes`, `min_agreement`, `max_latency_ratio`. All must hold
            for a blessing; with none, nothing is blessed.
        bootstrap_samples: For the interval of each accuracy.
        latency_runs: Timed invocations of each file.

    Raises:
        InputError: If a threshold is unknown or no number in range, or a
            count is below 1.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR = "tfkd.components.evaluator.executor.Executor"
    CACHE_PACKAGES = ("ai-edge-litert", "keras", "tensorflow")

    def __init__(
        self,
        *,
        examples,
        teacher,
        control,
        student,
        tflite,
        thresholds,
        bootstrap_samples=1000,
        latency_runs=200,
    ):
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                teacher=teacher,
                control=control,
                student=student,
                tflite=tflite,
                thresholds=thresholds,
                bootstrap_samples=bootstrap_samples,
                latency_runs=latency_runs,
            )
        )
        gates.validate(self.exec_properties["thresholds"])
        for name in ("bootstrap_samples", "latency_runs"):
            if self.exec_properties[name] < 1:
                raise InputError(
                    f"Evaluator.{name} must be at least 1, received "
                    f"{self.exec_properties[name]}; the default is "
                    f"{EvaluatorSpec.PARAMETERS[name].default}."
                )
