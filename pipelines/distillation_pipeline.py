"""The main pipeline: a config becomes a checked graph of components."""

import os

from tfkd.components.base.artifacts import InfraBlessing
from tfkd.components.base.artifacts import Model
from tfkd.components.base.artifacts import ModelBlessing
from tfkd.components.base.artifacts import TFLiteModel
from tfkd.components.base.resolver import LatestArtifactStrategy
from tfkd.components.base.resolver import LatestBlessedModelStrategy
from tfkd.components.base.resolver import Resolver
from tfkd.components.base.spec import Channel
from tfkd.components.compression.component import Compression
from tfkd.components.distillation.component import Distillation
from tfkd.components.evaluator.component import Evaluator
from tfkd.components.example_gen.component import ExampleGen
from tfkd.components.example_validator.component import ExampleValidator
from tfkd.components.infra_validator.component import InfraValidator
from tfkd.components.method_validator.component import MethodValidator
from tfkd.components.pusher.component import Pusher
from tfkd.components.reporter.component import Reporter
from tfkd.components.schema_gen.component import SchemaGen
from tfkd.components.statistics_gen.component import StatisticsGen
from tfkd.components.teacher_predictions.component import TeacherPredictions
from tfkd.components.teacher_trainer.component import TeacherTrainer
from tfkd.components.tflite_exporter.component import TFLiteExporter
from tfkd.compression import registry
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.pipelines.pipeline import Pipeline


def create(config, pipeline_root, **options):
    """Builds the pipeline that a config describes.

    Args:
        config: A `ConfigDict` with the fields of
            `tfkd.configs.common.default()`.
        pipeline_root: Directory for outputs and metadata.
        **options: Further arguments of `Pipeline`.

    Returns:
        A `Pipeline`. Nothing has run yet and TensorFlow is not imported.

    Raises:
        InputError: If a value in the config cannot work.
    """
    try:
        nodes = components(config.to_dict(), pipeline_root)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error
    except KeyError as error:
        raise InputError(
            f"The config must have the field {error}, it is missing. Start "
            "from tfkd.configs.common.default()."
        ) from error
    return Pipeline(config.pipeline_name, pipeline_root, nodes, **options)


def components(settings, pipeline_root):
    """Returns the components, wired.

    Args:
        settings: The config as nested dicts.
        pipeline_root: Where a blessed model is pushed by default.
    """
    seed = settings["seed"]
    data = _data(settings)
    examples, anomalies = (
        data[0].outputs["examples"],
        data[3].outputs["anomalies"],
    )
    validator = _method_validator(settings, examples)
    teacher = TeacherTrainer(
        examples=examples,
        anomalies=anomalies,
        teacher=_model(settings["teacher"]["model"], "teacher.model"),
        train=_given(settings["teacher"]["train"]),
        subset=settings["teacher"]["subset"],
        seed=seed,
        augmentation=_augmentation(settings),
    )
    teacher.add_upstream_node(validator)
    predictions = TeacherPredictions(
        examples=examples,
        teacher=teacher.outputs["model"],
        batch_size=settings["predictions"]["batch_size"],
        format=_format(settings),
        augmentation=_augmentation(settings),
    )
    *last, student, control = _students(
        settings, examples, anomalies, teacher, predictions
    )
    compression = Compression(
        examples=examples,
        student=student.outputs["model"],
        teacher=teacher.outputs["model"],
        predictions=predictions.outputs["predictions"],
        **{**settings["compression"], "training": _training(settings)},
    )
    deployed = _deployment(
        settings, pipeline_root, data, teacher, student, control, compression
    )
    trained = [validator, teacher, predictions, *last, student, control]
    return [*data, *trained, compression, *deployed]


def _format(settings):
    others = ("batch_size", "views", "augmentation")
    fields = _given(settings["predictions"])
    return {key: fields[key] for key in fields if key not in others}


def _augmentation(settings):
    """Returns the views that teacher, student and control see, all the same."""
    chosen = settings["predictions"]
    return {
        **chosen["augmentation"],
        "views": chosen["views"],
        "seed": settings["seed"],
    }


def _data(settings):
    source = _given(settings["data"])
    for key in source.keys() & {"path", "pattern", "data_dir"}:
        source[key] = _at_home(source[key])
    if source.get("kind") == "image_folder" and "path" not in source:
        raise InputError(
            "config.data.path must be a folder with one sub-folder of images "
            "a class; it is not set. Add --config.data.path=FOLDER."
        )
    gen = ExampleGen(source=source, num_shards=settings["num_shards"])
    examples = gen.outputs["examples"]
    statistics = StatisticsGen(examples=examples)
    schema = SchemaGen(statistics=statistics.outputs["statistics"])
    validator = ExampleValidator(
        examples=examples,
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["schema"],
    )
    return [gen, statistics, schema, validator]


def _at_home(path):
    """Expands `~` in a path, or in each of a dict's: no shell has done so."""
    if isinstance(path, dict):
        return {key: _at_home(value) for key, value in path.items()}
    return os.path.expanduser(path) if isinstance(path, str) else path


def _method_validator(settings, examples):
    """Returns what finds before any training that a method does not fit."""
    chosen = settings["distillation"]
    if not chosen["method"]:
        raise InputError(
            "config.distillation.method must name a method, received "
            f"{chosen['method']!r}. `tfkd methods` lists them; the control "
            "runs without one anyway."
        )
    return MethodValidator(
        examples=examples,
        method=chosen["method"],
        arguments=_given(chosen["arguments"]),
        teacher=_model(settings["teacher"]["model"], "teacher.model"),
        student=_model(settings["student"], "student"),
        precision=chosen["train"]["precision"],
        format=_format(settings),
        num_labels=chosen["num_labels"],
    )


def _students(settings, examples, anomalies, teacher, predictions):
    """Returns the distilled student and the control: same but no teacher.

    Before them, with a warm start, what finds those of the last run.
    """
    chosen = settings["distillation"]
    budget = {
        "examples": examples,
        "anomalies": anomalies,
        "student": _model(settings["student"], "student"),
        "train": _given(chosen["train"]),
        "num_labels": chosen["num_labels"],
        "subset": chosen["subset"],
        "seeds": tuple(settings["seed"] + seed for seed in chosen["seeds"]),
        "augmentation": _augmentation(settings),
    }
    last = _last_students(examples) if chosen["warm_start"] else []
    base_models = [node.outputs["model"] for node in last] or [None, None]
    student = Distillation(
        teacher=teacher.outputs["model"],
        predictions=predictions.outputs["predictions"],
        method=chosen["method"],
        arguments=_given(chosen["arguments"]),
        base_model=base_models[0],
        **budget,
    )
    control = Distillation(
        method=None, base_model=base_models[1], **budget
    ).with_id("Control")
    return [*last, student, control]


def _last_students(examples):
    """Returns what finds the last student and the last control.

    Those of these examples are passed over: the same data, run again, have
    the same start.
    """
    ids = {"LatestStudent": "Distillation", "LatestControl": "Control"}
    return [
        Resolver(
            strategy_class=LatestArtifactStrategy,
            not_made_of=examples,
            model=Channel(Model, producer_component_id=producer),
        ).with_id(id)
        for id, producer in ids.items()
    ]


def _baseline(settings, tflite):
    """Returns what finds the last blessed files but these, in a list."""
    if not settings["baseline"]:
        return []
    if settings["baseline"] != "latest_blessed":
        raise unknown("baseline", settings["baseline"], ["latest_blessed"])
    resolver = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        not_made_of=tflite,
        model=Channel(TFLiteModel),
        model_blessing=Channel(ModelBlessing),
        infra_blessing=Channel(InfraBlessing),
    )
    return [resolver.with_id("LatestBlessedModel")]


def _training(settings):
    return _given(settings["compression"]["training"])


def _export(settings):
    """Returns the exporter's parameters: compression's images serve it too."""
    twice = {*settings["export"]["variants"]} & {
        *settings["compression"]["recipes"]
    }
    if twice:
        raise InputError(
            f"{', '.join(sorted(twice))} must be among export.variants or "
            "compression.recipes, not both. Take it out of one of them."
        )
    count = settings["compression"]["calibration_examples"]
    return {**settings["export"], "calibration_examples": count}


def _deployment(
    settings, pipeline_root, data, teacher, student, control, compression
):
    examples = data[0].outputs["examples"]
    models = {
        "teacher": teacher.outputs["model"],
        "control": control.outputs["model"],
        "student": student.outputs["model"],
    }
    exporter = TFLiteExporter(
        examples=examples,
        compressed=compression.outputs["compressed"],
        **_export(settings),
        **models,
    )
    tflite = exporter.outputs["tflite"]
    variant = _variant(settings)
    baseline = _baseline(settings, tflite)
    evaluator = Evaluator(
        examples=examples,
        tflite=tflite,
        variant=variant,
        baseline_model=baseline[0].outputs["model"] if baseline else None,
        **models,
        **_judged(settings["evaluation"]),
    )
    infra = InfraValidator(
        examples=examples,
        tflite=tflite,
        variant=variant,
        **_judged(settings["infra_validation"]),
    )
    pusher = Pusher(
        tflite=tflite,
        blessing=evaluator.outputs["blessing"],
        infra_blessing=infra.outputs["blessing"],
        serving_dir=serving_dir(settings, pipeline_root),
        variant=variant,
    )
    reporter = Reporter(
        examples=examples,
        statistics=data[1].outputs["statistics"],
        compressed=compression.outputs["compressed"],
        tflite=tflite,
        evaluation=evaluator.outputs["evaluation"],
        blessing=evaluator.outputs["blessing"],
        infra_blessing=infra.outputs["blessing"],
        pushed=pusher.outputs["pushed"],
        title=settings["title"],
        **models,
    )
    return [exporter, *baseline, evaluator, infra, pusher, reporter]


def _variant(settings):
    """Returns the variant that is judged and pushed, which must be made."""
    recipes = settings["compression"]["recipes"]
    if settings["compression"]["controls"]:
        recipes = registry.with_controls(recipes)
    # One of these takes the name int8: a single one is never called else.
    eligible = [name for name in recipes if _may_be_int8(name)]
    made = [
        "float32",
        *settings["export"]["variants"],
        *(name for name in recipes if eligible != [name]),
        *(["int8"] if eligible else []),
    ]
    variant = settings["pusher"]["variant"]
    if variant not in made:
        raise unknown(
            "exported variant for config.pusher.variant",
            variant,
            made,
            "Add it to config.export.variants or config.compression.recipes, "
            "whose best 8-bit file is int8.",
        )
    return variant


def _may_be_int8(name):
    """Whether `tfkd.compression.choice` may take a recipe for the file int8."""
    recipe = registry.get(name)
    return recipe.integer and recipe.bits == 8 and recipe.taught


def _judged(fields):
    """Returns a judge's parameters; bounds that are left open are none."""
    return {**fields, "thresholds": _bounds(fields["thresholds"])}


def _bounds(thresholds):
    given = _given(thresholds)
    return {
        name: bound
        for name, bound in given.items()
        # `False` and `()` take a bound away, as `None` does.
        if bound is not False and bound != ()
    }


def serving_dir(settings, pipeline_root):
    """Returns the absolute directory that blessed models are pushed to."""
    folder = settings["pusher"]["serving_dir"]
    folder = folder or os.path.join(pipeline_root, "serving")
    return os.path.abspath(os.path.expanduser(folder))


def _given(fields):
    """Drops fields that are left open: `None`, or empty on the command line."""
    return {
        key: value
        for key, value in fields.items()
        if value is not None and value != ""
    }


def _model(fields, where):
    """Checks a model's dict: exactly one way to get it."""
    model = _given(fields)
    kinds = ("name", "path", "build", "application")
    chosen = [kind for kind in kinds if kind in model]
    if not chosen:
        raise InputError(
            f"config.{where} must have one of {', '.join(kinds)}, none is "
            f"set. Add for example --config.{where}.path=FILE."
        )
    if len(chosen) > 1:
        received = ", ".join(f"{kind}={model[kind]!r}" for kind in chosen)
        raise InputError(
            f"config.{where} must have only one of {', '.join(kinds)}, "
            f"received {received}. Empty the others, as in "
            f"--config.{where}.{chosen[0]}="
        )
    if not model["arguments"]:
        del model["arguments"]
    if "path" in model:
        model["path"] = _at_home(model["path"])
    return model
