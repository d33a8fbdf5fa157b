"""One student a seed: with a teacher, or as the control without one."""

import dataclasses
import logging

import numpy as np

from tfkd import methods
from tfkd import weights
from tfkd.data import predictions
from tfkd.data import stored
from tfkd.distillers import Chain
from tfkd.errors import InputError
from tfkd.training import inputs
from tfkd.training import model_files
from tfkd.training import model_source
from tfkd.training import precision as precision_lib
from tfkd.training import run_data
from tfkd.training import trainer
from tfkd.training.order import choose_labelled
from tfkd.training.order import rows_of

UNLABELLED = -1


@dataclasses.dataclass
class Task:
    """What the runs of all seeds share.

    Attributes:
        info: `dataset.json`.
        train: Training examples, labels of all of them.
        evaluation: Examples to select on.
        student: The student's model dict.
        settings: Complete training settings.
        method: Key of a method, or `None` for the control.
        arguments: The method's arguments.
        num_labels: How many labels may be seen, `None` for all.
        part: How messages name this training.
        teacher: The teacher model, or `None`.
        teacher_hash: Its hash, or `None`.
        augmentation: Policy of the views that are trained on, or `None`.
        base: URI of the Model artifact whose weights are gone on from, or
            `None`.
        cached: The teacher's stored outputs, in the order of `train`, or
            `None`.
    """

    info: dict
    train: run_data.Split
    evaluation: run_data.Split
    student: dict
    settings: dict
    method: str | None = None
    arguments: dict = dataclasses.field(default_factory=dict)
    num_labels: int | None = None
    part: str = "student"
    teacher: object = None
    teacher_hash: str | None = None
    augmentation: dict | None = None
    base: str | None = None
    cached: stored.Stored | None = None


def attach_teacher(task, teacher_uri, predictions_uri=None):
    """Loads the teacher, and its stored outputs for the task's examples.

    Raises:
        InputError: If the outputs are those of another teacher, of other
            images or of other views, or lack an example.
    """
    task.teacher = precision_lib.cast(
        model_files.load(teacher_uri), task.settings["precision"]
    )
    task.teacher_hash = model_files.read_record(teacher_uri)["model_hash"]
    if predictions_uri is None:
        return
    predictions.check_teacher(predictions_uri, task.teacher_hash)
    found = predictions.load(predictions_uri, "train")
    if found.policy != task.augmentation:
        raise InputError(
            "The cached predictions must be of the views that the student "
            f"sees, {task.augmentation}; they are of {found.policy}. Give "
            "TeacherPredictions and Distillation the same augmentation."
        )
    task.cached = found.take(rows_of(task.train.ids, found.ids))
    task.cached.check_images(task.train.images, task.info["image_dtype"])
    _warn_of_temperature(task)


def _warn_of_temperature(task):
    """Says where the largest logits are kept for another temperature."""
    asked = task.arguments.get("temperature")
    short = [tap for tap in task.cached.formats if tap.kind == "top_k"]
    if not short or not isinstance(asked, int | float):
        return
    kept = short[0].temperature
    if asked != kept:
        logging.warning(
            "The stored largest logits keep the mass of the other classes at "
            "temperature %g, and the method's is %g: these classes get too "
            "%s. Exact is --config.predictions.temperature=%g.",
            kept,
            asked,
            "much" if asked > kept else "little",
            asked,
        )


def run(task, seed, *, backup_dir="", log_dir="", report=None):
    """Trains one student.

    The labelled examples and the initial weights depend on the seed alone,
    so a method and its control with the same seed share both.

    Args:
        task: The task.
        seed: Seed of labelled examples, initial weights and data order.
        backup_dir: See `trainer.train`.
        log_dir: See `trainer.train`.
        report: See `trainer.train`.

    Returns:
        The student and its entry for `runs` in `training.json`.

    Raises:
        InputError: If a model cannot be built or a loss is not finite.
    """
    train = task.train
    labelled = choose_labelled(train.ids, train.labels, task.num_labels, seed)
    base = None if task.base is None else _base(task, seed)
    with trainer.seeded(seed):
        student = build_student(task.student, task.info)
        if base is not None:
            _go_on_from(base, student)
        trained = precision_lib.cast(student, task.settings["precision"])
        if task.method is None:
            model = trained
            given, y = _inputs(task, labelled), train.labels[labelled]
        else:
            model = build_method(
                task.method,
                task.arguments,
                teacher=task.teacher,
                student=trained,
                examples=len(train.labels),
                precision=task.settings["precision"],
            )
            given = _inputs_of(task, model)
            y = np.where(labelled, train.labels, UNLABELLED)
    evaluation = task.evaluation
    chained = isinstance(model, Chain)
    history = (trainer.train_stages if chained else trainer.train)(
        model,
        given.arrays(),
        y,
        prepare=given.prepare(),
        validation=(evaluation.images, evaluation.labels),
        **task.settings,
        seed=seed,
        # The control's budget: as many steps as with the unlabelled ones.
        examples_per_epoch=len(train.labels),
        backup_dir=backup_dir,
        log_dir=log_dir,
        report=report,
        part=f"{task.part}, seed {seed}",
    )
    weights.copy(trained, student)
    accuracy = trainer.accuracy(student, evaluation.images, evaluation.labels)
    return student, {
        "seed": seed,
        "eval_accuracy": accuracy,
        "history": history,
    }


def build_student(source, info):
    """Builds a student, with new weights where the source has none.

    Args:
        source: A model dict, see `tfkd.training.model_source`.
        info: `dataset.json` of the examples.

    Raises:
        InputError: If it cannot be built, or has nothing to train.
    """
    student = model_source.build_for(source, info)
    run_data.check_trainable(student, "The student")
    return student


def _base(task, seed):
    """Loads the earlier student of the same seed, or the selected one."""
    runs = model_files.read_record(task.base)["runs"]
    same = any(run["seed"] == seed for run in runs)
    return model_files.load(task.base, seed if same else None)


def _go_on_from(base, student):
    shapes = [
        [(weight.path.rpartition("/")[2], weight.shape) for weight in m.weights]
        for m in (base, student)
    ]
    if shapes[0] != shapes[1]:
        raise InputError(
            "A warm start needs a student of the same architecture as the "
            f"last one, which has {model_files.parameter_count(base)} "
            "parameters, or other layers; this one has "
            f"{model_files.parameter_count(student)}. Train once without "
            "(--config.distillation.warm_start=False)."
        )
    weights.copy(base, student)


def build_method(key, arguments, *, teacher, student, examples, precision):
    """Builds a method on a teacher and a student.

    Args:
        key: The method's key.
        arguments: Its arguments.
        teacher: A model, in the precision; left out where a method needs
            none.
        student: A model, in the precision.
        examples: Number of training examples.
        precision: One of `settings.PRECISIONS`.

    Raises:
        InputError: If it cannot be built on these.
    """
    method = methods.get(key)
    arguments = dict(arguments)
    if "size" in method.arguments:
        # The number of examples, of which a memory bank keeps one row each.
        arguments.setdefault("size", examples)
    teacher = {"none": None, "many": [teacher]}.get(
        method.card.get("teacher"), teacher
    )
    try:
        with precision_lib.policy(precision):
            return method.build(teacher=teacher, student=student, **arguments)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The method {key!r} cannot be built with {arguments}: {error}"
        ) from error


def _inputs(task, rows=slice(None)):
    """Images of some rows, augmented alike with and without a teacher."""
    given = inputs.Inputs(task.train.images[rows], policy=task.augmentation)
    if task.cached is not None:
        given.seeds = task.cached.seeds
    elif task.augmentation is not None:
        given.seeds = inputs.seeds(task.train.ids[rows], task.augmentation)
    return given


def _inputs_of(task, distiller):
    """What a batch carries: images, stored outputs, each example's number.

    The teacher runs where the stored outputs do not suffice, or where it is
    to answer otherwise each time.
    """
    given = _inputs(task)
    needed = getattr(distiller, "teacher_taps", ())
    teacher = getattr(distiller, "teacher", None)
    if getattr(teacher, "stochastic", False):
        needed = ()
    if needed and task.cached and set(needed) <= set(task.cached.taps):
        given.cached = task.cached.only(needed)
    needs = methods.get(task.method).card.get("needs", ())
    given.numbered = "index" in needs
    return given
