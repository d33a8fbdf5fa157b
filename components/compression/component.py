"""Declares `Compression`."""

from tfkd import compression
from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.compression import registry
from tfkd.compression import settings
from tfkd.errors import InputError


class CompressionSpec(ComponentSpec):
    """Channels and parameters of `Compression`."""

    PARAMETERS = {
        "recipes": ExecutionParameter(
            (tuple, list), optional=True, default=("int8_ptq",)
        ),
        "controls": ExecutionParameter(bool, optional=True, default=True),
        "fallback": ExecutionParameter(str, optional=True, default=""),
        "max_drop": ExecutionParameter(float, optional=True, default=0.01),
        "training": ExecutionParameter(dict, optional=True),
        "calibration_examples": ExecutionParameter(
            int, optional=True, default=200
        ),
    }
    INPUTS = {
        "examples": ChannelParameter(artifacts.Examples),
        "student": ChannelParameter(artifacts.Model),
        "teacher": ChannelParameter(artifacts.Model, optional=True),
        "predictions": ChannelParameter(
            artifacts.TeacherPredictions, optional=True
        ),
    }
    OUTPUTS = {"compressed": ChannelParameter(artifacts.CompressedModel)}


class Compression(BaseComponent):
    """Makes compressed `.tflite` models of the selected student.

    Quantization after training comes first; where it costs more than
    `max_drop`, the `fallback` is made too. The variant `int8` is
    `int8_ptq` where it keeps the bound, else the 8-bit recipe that is best on
    the eval split. Recipes that train see what the student saw: the same
    labels, and the teacher's answers.

    Args:
        examples: `Examples`; images come from its train split, and the eval
            split decides on the fallback.
        student: `Model` to compress.
        recipes: Names of `tfkd.compression.names()`.
        controls: Whether to add what a recipe that trains must be compared
            with: quantization after training, and training on labels alone.
        fallback: Recipe to add where `int8_ptq` costs too much; `""` for
            none. If it fails, the result stays what it was without it.
        max_drop: Accuracy on the eval split that `int8_ptq` may cost, as a
            fraction: 0.01 is one point.
        training: Settings of recipes that train, see
            `tfkd.compression.settings.complete`.
        calibration_examples: Training images that quantization may look at.
        teacher: Channel of `Model`; recipes that distil need it.
        predictions: Channel of the teacher's stored outputs; without them
            the teacher itself answers.

    Raises:
        InputError: If a recipe is unknown or repeated, or there is none, if
            a value is out of bounds, or if a recipe lacks its teacher.
    """

    SPEC_CLASS = CompressionSpec
    EXECUTOR = "tfkd.components.compression.executor.Executor"
    CACHE_PACKAGES = (
        "ai-edge-litert",
        "keras",
        "tensorflow",
        "tensorflow-model-optimization",
        "tf-keras",
    )

    def __init__(
        self,
        *,
        examples,
        student,
        recipes=("int8_ptq",),
        controls=True,
        fallback="",
        max_drop=0.01,
        training=None,
        calibration_examples=200,
        teacher=None,
        predictions=None,
    ):
        spec = CompressionSpec(
            examples=examples,
            student=student,
            recipes=recipes,
            controls=controls,
            fallback=fallback,
            max_drop=max_drop,
            training=training,
            calibration_examples=calibration_examples,
            teacher=teacher,
            predictions=predictions,
        )
        properties = spec.exec_properties
        properties["training"] = settings.complete(properties["training"])
        registry.check(properties["recipes"])
        _check_fallback(properties["recipes"], properties["fallback"])
        _check_numbers(properties)
        super().__init__(spec)
        if teacher is None:
            self._refuse_taught()

    def _refuse_taught(self):
        properties = self.exec_properties
        wanted = [*properties["recipes"], properties["fallback"]]
        for recipe in map(compression.get, filter(None, wanted)):
            if recipe.trains and recipe.taught:
                raise InputError(
                    f"The recipe {recipe.name!r} goes on distilling, and "
                    "Compression has no teacher. Pass teacher="
                    "<TeacherTrainer>.outputs['model']."
                )


def _check_fallback(recipes, fallback):
    if not fallback:
        return
    recipe = compression.get(fallback)
    if not recipe.trains or recipe.bits != 8 or not recipe.taught:
        raise InputError(
            "Compression.fallback must be an 8-bit recipe that distils, "
            f"received {fallback!r}. Use 'int8_qat', or '' for none."
        )
    if "int8_ptq" not in recipes:
        raise InputError(
            "Compression.fallback takes the place of 'int8_ptq', which is not "
            f"among the recipes {list(recipes)}. Add it, or use fallback=''."
        )


def _check_numbers(properties):
    if not 0 <= properties["max_drop"] <= 1:
        raise InputError(
            "Compression.max_drop must be a fraction from 0 to 1 (0.01 is one "
            f"point), received {properties['max_drop']!r}."
        )
    count = properties["calibration_examples"]
    if count < 1:
        raise InputError(
            "Compression.calibration_examples must be at least 1, "
            f"received {count}; 100 to 500 is usual."
        )
