"""Reporter: one self-contained page and a table about a run."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter


class ReporterSpec(ComponentSpec):
    """Inputs: everything that a reader of the numbers needs to know."""

    PARAMETERS = {"title": ExecutionParameter(type=str)}
    INPUTS = {
        "examples": ChannelParameter(type=artifacts.Examples),
        "statistics": ChannelParameter(type=artifacts.ExampleStatistics),
        "teacher": ChannelParameter(type=artifacts.Model),
        "control": ChannelParameter(type=artifacts.Model),
        "student": ChannelParameter(type=artifacts.Model),
        "compressed": ChannelParameter(
            type=artifacts.CompressedModel, optional=True
        ),
        "tflite": ChannelParameter(type=artifacts.TFLiteModel),
        "evaluation": ChannelParameter(type=artifacts.ModelEvaluation),
        "blessing": ChannelParameter(type=artifacts.ModelBlessing),
        "infra_blessing": ChannelParameter(
            type=artifacts.InfraBlessing, optional=True
        ),
        "pushed": ChannelParameter(type=artifacts.PushedModel, optional=True),
    }
    OUTPUTS = {"report": ChannelParameter(type=artifacts.DistillationReport)}


class Reporter(BaseComponent):
    """Writes `report.html` and `summary.txt` about a whole run.

    Args:
        examples: `Examples` of all splits.
        statistics: Their `ExampleStatistics`.
        teacher: The teacher's `Model`.
        control: `Model` of the student trained without a teacher.
        student: The distilled `Model`.
        tflite: The exported `TFLiteModel`.
        evaluation: `ModelEvaluation` of all of them.
        blessing: The verdict, a `ModelBlessing`.
        title: Heading of the page.
        infra_blessing: `InfraBlessing` of the files: times, memory, what a
            delegate refuses; not needed.
        pushed: `PushedModel`, if there is a Pusher; shown, not needed.
        compressed: `CompressedModel`, for what each recipe costs and gains;
            not needed.

    Raises:
        ValueError: If an input is missing or the title is blank.
    """

    SPEC_CLASS = ReporterSpec
    EXECUTOR = "tfkd.components.reporter.executor.Executor"
    # Other versions draw the same numbers differently.
    CACHE_PACKAGES = ("jinja2", "matplotlib", "pillow")

    def __init__(
        self,
        *,
        examples,
        statistics,
        teacher,
        control,
        student,
        tflite,
        evaluation,
        blessing,
        title,
        infra_blessing=None,
        pushed=None,
        compressed=None,
    ):
        if isinstance(title, str) and not title.strip():
            raise ValueError(
                "Reporter.title must hold a heading for the page, received "
                f"{title!r}. Name the data and the method, for example."
            )
        super().__init__(
            ReporterSpec(
                examples=examples,
                statistics=statistics,
                teacher=teacher,
                control=control,
                student=student,
                compressed=compressed,
                tflite=tflite,
                evaluation=evaluation,
                blessing=blessing,
                infra_blessing=infra_blessing,
                title=title,
                pushed=pushed,
            )
        )
