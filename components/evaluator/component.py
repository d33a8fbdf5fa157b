"""Declares `Evaluator`."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError
from tfkd.metrics import gates
from tfkd.metrics import quality_gates


class EvaluatorSpec(ComponentSpec):
    """Channels and parameters of `Evaluator`."""

    PARAMETERS = {
        "thresholds": ExecutionParameter(dict),
        "variant": ExecutionParameter(str, optional=True, default="int8"),
        "bootstrap_samples": ExecutionParameter(
            int, optional=True, default=1000
        ),
    }
    INPUTS = {
        "examples": ChannelParameter(artifacts.Examples),
        "teacher": ChannelParameter(artifacts.Model),
        "control": ChannelParameter(artifacts.Model),
        "student": ChannelParameter(artifacts.Model),
        "tflite": ChannelParameter(artifacts.TFLiteModel),
        "baseline_model": ChannelParameter(
            artifacts.TFLiteModel, optional=True
        ),
    }
    OUTPUTS = {
        "evaluation": ChannelParameter(artifacts.ModelEvaluation),
        "blessing": ChannelParameter(artifacts.ModelBlessing),
    }
    TYPE_ANNOTATION = "Evaluate"


class Evaluator(BaseComponent):
    """Measures all models on the test split, and judges one exported file.

    Args:
        examples: `Examples`; only the test split is read.
        teacher: `Model`.
        control: `Model`: the same student, trained without a teacher.
        student: `Model`.
        tflite: `TFLiteModel` made of them.
        thresholds: Bound by name, see `tfkd.metrics.quality_gates.GATES`. All
            must hold for a blessing; with none, nothing is blessed.
        variant: The file that is judged: the one that is to be pushed.
        bootstrap_samples: For the interval of each accuracy.
        baseline_model: `TFLiteModel` of an earlier run, from a `Resolver`,
            for the bound `min_gain_over_baseline`. Where it finds none, as on
            the first run, that bound holds.

    Raises:
        InputError: If a threshold is unknown, no number in range or without
            its baseline, or `bootstrap_samples` is below 1.
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
        variant="int8",
        bootstrap_samples=1000,
        baseline_model=None,
    ):
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                teacher=teacher,
                control=control,
                student=student,
                tflite=tflite,
                thresholds=thresholds,
                variant=variant,
                bootstrap_samples=bootstrap_samples,
                baseline_model=baseline_model,
            )
        )
        if "min_gain_over_baseline" in thresholds and baseline_model is None:
            raise InputError(
                "The threshold 'min_gain_over_baseline' needs a baseline, and "
                "none is given. Add --config.baseline=latest_blessed, or "
                "leave the threshold out."
            )
        gates.validate(quality_gates.GATES, self.exec_properties["thresholds"])
        if self.exec_properties["bootstrap_samples"] < 1:
            raise InputError(
                "Evaluator.bootstrap_samples must be at least 1, received "
                f"{bootstrap_samples}; the default is 1000."
            )
