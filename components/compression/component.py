"""Declares `Compression`."""

from tfkd import compression
from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError


class CompressionSpec(ComponentSpec):
    """Channels and parameters of `Compression`."""

    PARAMETERS = {
        "recipes": ExecutionParameter(
            (tuple, list), optional=True, default=("int8_ptq",)
        ),
        "calibration_examples": ExecutionParameter(
            int, optional=True, default=200
        ),
    }
    INPUTS = {
        "examples": ChannelParameter(artifacts.Examples),
        "student": ChannelParameter(artifacts.Model),
    }
    OUTPUTS = {"compressed": ChannelParameter(artifacts.CompressedModel)}


class Compression(BaseComponent):
    """Makes compressed `.tflite` models of the selected student.

    Args:
        examples: `Examples`; representative images come from its train split.
        student: `Model` to compress.
        recipes: Names of `tfkd.compression.names()`.
        calibration_examples: Training images that quantization may look at.

    Raises:
        InputError: If a recipe is unknown, repeated, or there is none, or
            `calibration_examples` is below 1.
    """

    SPEC_CLASS = CompressionSpec
    EXECUTOR = "tfkd.components.compression.executor.Executor"
    CACHE_PACKAGES = ("ai-edge-litert", "keras", "tensorflow")

    def __init__(
        self,
        *,
        examples,
        student,
        recipes=("int8_ptq",),
        calibration_examples=200,
    ):
        super().__init__(
            CompressionSpec(
                examples=examples,
                student=student,
                recipes=recipes,
                calibration_examples=calibration_examples,
            )
        )
        recipes = list(self.exec_properties["recipes"])
        for recipe in recipes:
            compression.get(recipe)
        if not recipes or len(set(recipes)) != len(recipes):
            raise InputError(
                "Compression.recipes must name at least one recipe, each "
                f"once, received {recipes}. Known: "
                f"{', '.join(compression.names())}."
            )
        count = self.exec_properties["calibration_examples"]
        if count < 1:
            raise InputError(
                "Compression.calibration_examples must be at least 1, "
                f"received {count}; 100 to 500 is usual."
            )
