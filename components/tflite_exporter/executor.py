"""Runs `TFLiteExporter`."""

import dataclasses
import json
import pathlib

from tfkd import metrics
from tfkd.components.base.executor import BaseExecutor
from tfkd.compression import student_data
from tfkd.data import paths
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.export import Conversion
from tfkd.export import LiteRTModel
from tfkd.export import convert
from tfkd.export import handoff
from tfkd.export import modes
from tfkd.export import package
from tfkd.export import reference
from tfkd.export.trained import TrainedModel

# The teacher last: see `_convert`.
_ROLES = ("student", "control", "teacher")


@dataclasses.dataclass(frozen=True)
class _Variant:
    """One file that ships: where it is, and the Keras model it must match."""

    name: str
    role: str
    tflite: pathlib.Path
    recipe: str
    facts: dict = dataclasses.field(default_factory=dict)


class Executor(BaseExecutor):
    """Converts, packs and compares every variant."""

    def Do(self, input_dict, output_dict, exec_properties):
        destination = pathlib.Path(output_dict["tflite"][0].uri)
        examples = input_dict["examples"][0].uri
        roles = [role for role in _ROLES if role in input_dict]
        models = {role: TrainedModel(input_dict[role][0].uri) for role in roles}
        compressed = _compressed(
            pathlib.Path(input_dict["compressed"][0].uri), models["student"]
        )
        self.context.report(fraction=0.0, message="converting")
        extra = self._variants(exec_properties, examples, compressed)
        variants, not_made = self._convert(models), {}
        for variant, result in self._convert_extra(models["student"], extra):
            if isinstance(result, Exception):
                not_made[variant.name] = str(result)
            else:
                variants.append(result)
        variants += compressed
        info = records.read_info(examples)
        _, images, _ = records.load_arrays(examples, "eval")
        expected = {
            role: reference.probabilities(model.load(), images)
            for role, model in models.items()
        }
        for number, variant in enumerate(variants):
            self.context.report(
                fraction=(number + 1) / (len(variants) + 1),
                message=f"{variant.name}: comparing with Keras",
            )
            _write(
                destination / variant.name,
                variant,
                models,
                info,
                images,
                expected[variant.role],
            )
        package.write_not_made(destination, not_made)
        words = [variant.name for variant in variants]
        words += [f"{name} not made: {why}" for name, why in not_made.items()]
        self.context.report(fraction=1.0, message=", ".join(words))

    def _variants(self, properties, examples, compressed):
        """Returns the modes to convert the student to, with their data."""
        wanted = properties.get("variants", ())
        for name in {variant.name for variant in compressed} & set(wanted):
            raise InputError(
                f"The variant {name!r} is made by Compression already. Take "
                "it out of export.variants, or out of compression.recipes."
            )
        images = None
        if any(modes.get(name).calibrated for name in wanted):
            count = properties["calibration_examples"]
            images = student_data.to_calibrate(examples, count).images
        return {name: _mode_values(name, images, properties) for name in wanted}

    def _convert(self, models):
        """Returns the float files; the teacher's may be missing.

        The teacher does not ship, its file is only for comparison: one that
        TFLite cannot express must not cost the student's export.
        """
        folder = pathlib.Path(self.context.tmp_dir)
        names = {role: role for role in models} | {"student": "float32"}
        variants = [
            _Variant(name, role, folder / f"{name}.tflite", "float32")
            for role, name in names.items()
        ]
        conversions = [
            _conversion(variant, models[variant.role]) for variant in variants
        ]
        try:
            convert(conversions, tmp_dir=folder)
        except (InputError, RuntimeError) as error:
            made = [v for v in variants if v.tflite.is_file()]
            if [v for v in variants if v not in made and v.role != "teacher"]:
                raise
            self.context.report(message=f"teacher not exported: {error}")
            return made
        return variants

    def _convert_extra(self, student, extra):
        """Yields each further variant, and what became of it.

        One that cannot be made costs neither the run nor the others: the
        error comes in its place.
        """
        folder = pathlib.Path(self.context.tmp_dir)
        left = [
            _Variant(name, "student", folder / f"{name}.tflite", name)
            for name in extra
        ]
        while left:
            conversions = [
                _conversion(variant, student, **extra[variant.name])
                for variant in left
            ]
            try:
                results = convert(conversions, tmp_dir=folder)
            except (InputError, RuntimeError) as error:
                # Files are made in order: the first missing one failed. Those
                # before it are made again, for what was measured of them.
                missing = [v for v in left if not v.tflite.is_file()]
                failed = (missing or left)[0]
                yield failed, error
                left.remove(failed)
                continue
            for variant, result in zip(left, results):
                yield (
                    variant,
                    dataclasses.replace(variant, facts=_facts(result)),
                )
            return


def _conversion(variant, model, **values):
    return Conversion(
        model=str(model.path),
        destination=str(variant.tflite),
        source=model.source,
        mode=variant.recipe,
        **values,
    )


def _mode_values(name, images, properties):
    mode = modes.get(name)
    values = {"calibration": images if mode.calibrated else None}
    if mode.selective:
        values["float_layers"] = tuple(properties["float_layers"])
        values["sensitive_layers"] = properties["sensitive_layers"]
    return values


def _facts(result):
    kept = ("float_layers", "sensitivity")
    return {key: result[key] for key in kept if key in result}


def _compressed(folder, student):
    """Returns the variants that compression made of this student."""
    made = json.loads((folder / "compression.json").read_text())
    if made["student_hash"] != student.hash:
        raise InputError(
            "TFLiteExporter's `compressed` must come from its `student` "
            f"(hash {student.hash}), received one made of "
            f"{made['student_hash']}. Connect both to the same Distillation."
        )
    return [
        _Variant(
            name=paths.plain(report["variant"], folder),
            role="student",
            tflite=folder / paths.plain(recipe, folder) / "model.tflite",
            recipe=recipe,
        )
        for recipe, report in sorted(made["recipes"].items())
    ]


def _provenance(variant, models):
    teacher = models["teacher"].training if "teacher" in models else {}
    training = models[variant.role].training
    return {
        "method": training.get("method"),
        "model_hash": models[variant.role].hash,
        "recipe": variant.recipe,
        "role": variant.role,
        "student_hash": models["student"].hash,
        "teacher_hash": models["student"].training.get("teacher_hash")
        or teacher.get("model_hash"),
    }


def _write(folder, variant, models, info, images, expected):
    """Packs one variant and measures how well it matches `expected`."""
    description = package.write(
        folder,
        variant.tflite,
        labels=info["class_names"],
        value_range=info["value_range"],
        provenance=_provenance(variant, models),
        sample=images[:8],
    )
    got = LiteRTModel(folder / "model.tflite").predict(images)
    parity = {
        "examples": len(images),
        "max_abs_error": metrics.max_abs_error(got, expected),
        "top1_agreement": metrics.agreement(got, expected),
    }
    description |= {"parity": parity, "variant": variant.name, **variant.facts}
    package.write_description(folder, description)
    handoff.write(folder, description, images)
