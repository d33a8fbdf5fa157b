"""Declares `TFLiteExporter`."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec


class TFLiteExporterSpec(ComponentSpec):
    """Channels of `TFLiteExporter`."""

    INPUTS = {
        "examples": ChannelParameter(artifacts.Examples),
        "student": ChannelParameter(artifacts.Model),
        "compressed": ChannelParameter(artifacts.CompressedModel),
        "teacher": ChannelParameter(artifacts.Model, optional=True),
        "control": ChannelParameter(artifacts.Model, optional=True),
    }
    OUTPUTS = {"tflite": ChannelParameter(artifacts.TFLiteModel)}


class TFLiteExporter(BaseComponent):
    """Makes the files that ship, and compares each with its Keras model.

    Writes one folder a variant: `float32` (the student), one for each
    compressed model (`int8`), and, for a fair comparison of sizes and times,
    `teacher` and `control` in float32. Each file is run in `ai_edge_litert`
    on the eval split.

    Args:
        examples: `Examples`.
        student: `Model` to export.
        compressed: `CompressedModel` of the same student.
        teacher: `Model`, optional.
        control: `Model`, optional.
    """

    SPEC_CLASS = TFLiteExporterSpec
    EXECUTOR = "tfkd.components.tflite_exporter.executor.Executor"
    CACHE_PACKAGES = ("ai-edge-litert", "keras", "tensorflow", "tfkd")

    def __init__(
        self, *, examples, student, compressed, teacher=None, control=None
    ):
        super().__init__(
            TFLiteExporterSpec(
                examples=examples,
                student=student,
                compressed=compressed,
                teacher=teacher,
                control=control,
            )
        )
