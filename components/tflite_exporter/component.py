"""Declares `TFLiteExporter`."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError
from tfkd.export import modes


class TFLiteExporterSpec(ComponentSpec):
    """Channels and parameters of `TFLiteExporter`."""

    PARAMETERS = {
        "variants": ExecutionParameter(
            (tuple, list), optional=True, default=()
        ),
        "float_layers": ExecutionParameter(
            (tuple, list), optional=True, default=()
        ),
        "sensitive_layers": ExecutionParameter(int, optional=True, default=1),
        "calibration_examples": ExecutionParameter(
            int, optional=True, default=200
        ),
    }
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
    compressed model (`int8`), one for each of `variants`, and, for a fair
    comparison of sizes and times, `teacher` and `control` in float32. Each
    file is run in `ai_edge_litert` on the eval split.

    Args:
        examples: `Examples`.
        student: `Model` to export.
        compressed: `CompressedModel` of the same student.
        teacher: `Model`, optional.
        control: `Model`, optional.
        variants: Further conversion modes of the student, by name, see
            `tfkd.export.modes`.
        float_layers: Names of layers that the variant `int8_selective` keeps
            in float32.
        sensitive_layers: How many more it keeps: those that cost most when
            they alone are quantized.
        calibration_examples: Training images that variants may look at.

    Raises:
        InputError: If a variant is unknown or repeated, or a number is out
            of range.
    """

    SPEC_CLASS = TFLiteExporterSpec
    EXECUTOR = "tfkd.components.tflite_exporter.executor.Executor"
    CACHE_PACKAGES = ("ai-edge-litert", "keras", "tensorflow", "tfkd")

    def __init__(
        self,
        *,
        examples,
        student,
        compressed,
        teacher=None,
        control=None,
        variants=(),
        float_layers=(),
        sensitive_layers=1,
        calibration_examples=200,
    ):
        spec = TFLiteExporterSpec(
            examples=examples,
            student=student,
            compressed=compressed,
            teacher=teacher,
            control=control,
            variants=variants,
            float_layers=float_layers,
            sensitive_layers=sensitive_layers,
            calibration_examples=calibration_examples,
        )
        _check(spec.exec_properties)
        super().__init__(spec)


def _check(properties):
    variants = list(properties["variants"])
    for name in variants:
        modes.get(name)
    if "float32" in variants or len(set(variants)) != len(variants):
        raise InputError(
            "TFLiteExporter.variants must name modes besides float32, which "
            f"is always made, each once; received {variants}."
        )
    kept = properties["sensitive_layers"]
    if kept < 0 or (not kept and not properties["float_layers"]):
        raise InputError(
            "TFLiteExporter.sensitive_layers must be at least 1, or 0 where "
            f"float_layers names some; received {kept}."
        )
    count = properties["calibration_examples"]
    if count < 1:
        raise InputError(
            "TFLiteExporter.calibration_examples must be at least 1, received "
            f"{count}; 100 to 500 is usual."
        )
