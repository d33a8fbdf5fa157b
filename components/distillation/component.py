"""Declares Distillation."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.data import prediction_settings
from tfkd.errors import InputError
from tfkd.methods import registry
from tfkd.training import model_source
from tfkd.training import settings


class DistillationSpec(ComponentSpec):
    """Distillation's channels and parameters."""

    PARAMETERS = {
        "method": ExecutionParameter(type=str, optional=True),
        "arguments": ExecutionParameter(type=dict, optional=True),
        "student": ExecutionParameter(type=dict),
        "train": ExecutionParameter(type=dict),
        "num_labels": ExecutionParameter(type=int, optional=True),
        "subset": ExecutionParameter(
            type=(tuple, list), optional=True, default=(0.0, 1.0)
        ),
        "seeds": ExecutionParameter(
            type=(tuple, list), optional=True, default=(0, 1, 2)
        ),
        "augmentation": ExecutionParameter(type=dict, optional=True),
        # Computed: makes a changed file behind `student` a changed execution.
        "student_digest": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=artifacts.Examples),
        "teacher": ChannelParameter(type=artifacts.Model, optional=True),
        "predictions": ChannelParameter(
            type=artifacts.TeacherPredictions, optional=True
        ),
        "anomalies": ChannelParameter(
            type=artifacts.ExampleAnomalies, optional=True
        ),
        "base_model": ChannelParameter(type=artifacts.Model, optional=True),
    }
    OUTPUTS = {"model": ChannelParameter(type=artifacts.Model)}
    TYPE_ANNOTATION = "Train"


class Distillation(BaseComponent):
    """Distils a student over several seeds, or trains the control.

    The control (`method=None`) is the same student with the same initial
    weights, the same labelled examples and the same number of steps, and
    without a teacher: it learns from the labelled examples alone.

    Args:
        examples: Channel of `Examples`.
        student: What to build, see `tfkd.training.model_source`.
        train: Settings, see `tfkd.training.settings`; `epochs` is required.
        method: Key of a method, see `tfkd methods`; `None` for the control.
        arguments: The method's arguments.
        num_labels: How many examples keep their label, chosen by class and
            seed; `None` keeps all. The others are seen without a label, by
            the control not at all.
        subset: Fractions (low, high) of the training split to use.
        seeds: One student is trained for each.
        augmentation: Views of the images that are trained on, see
            `tfkd.data.prediction_settings.complete_policy`: epoch e sees view
            e mod N. Stored predictions must be of the same views.
        teacher: Channel of `Model`; required by a method.
        predictions: Channel of the teacher's stored outputs. Where a method
            needs more than these, the teacher itself runs.
        anomalies: Channel that makes training wait for validated examples.
        base_model: Channel of an earlier run's students, from a `Resolver`:
            each seed goes on from the weights of the same seed, or of the
            selected one. Where it finds none, training starts anew.

    Raises:
        InputError: If a value, a name or a combination is wrong.
    """

    SPEC_CLASS = DistillationSpec
    EXECUTOR = "tfkd.components.distillation.executor.Executor"
    CACHE_PACKAGES = ("keras", "numpy", "tensorflow")

    def __init__(
        self,
        *,
        examples,
        student,
        train,
        method=None,
        arguments=None,
        num_labels=None,
        subset=(0.0, 1.0),
        seeds=(0, 1, 2),
        augmentation=None,
        teacher=None,
        predictions=None,
        anomalies=None,
        base_model=None,
    ):
        spec = DistillationSpec(
            examples=examples,
            student=student,
            train=train,
            method=method,
            arguments=arguments,
            num_labels=num_labels,
            subset=subset,
            seeds=seeds,
            augmentation=augmentation,
            teacher=teacher,
            predictions=predictions,
            anomalies=anomalies,
            base_model=base_model,
            student_digest="",
        )
        model_source.check(student, "student")
        if method is None:
            _check_control(arguments, teacher, predictions)
        else:
            _check_method(method, arguments or {}, teacher)
        properties = spec.exec_properties
        properties["arguments"] = dict(arguments or {})
        properties["train"] = settings.complete(train)
        properties["subset"] = list(settings.subset_bounds(subset))
        properties["seeds"] = _seeds(seeds)
        properties["augmentation"] = prediction_settings.complete_policy(
            augmentation
        )
        properties["student_digest"] = model_source.digest(student)
        if num_labels is not None and num_labels < 1:
            raise InputError(
                "num_labels must be at least one a class, received "
                f"{num_labels}. Leave it out to use all labels."
            )
        super().__init__(spec)


def _check_control(arguments, teacher, predictions):
    given = {
        "arguments": arguments,
        "teacher": teacher,
        "predictions": predictions,
    }
    ignored = [name for name, value in given.items() if value]
    if ignored:
        raise InputError(
            "method=None is the control, which has no teacher and no "
            f"arguments; received {', '.join(ignored)}. Leave them out, or "
            "name a method."
        )


def _check_method(method, arguments, teacher):
    registry.check_for_pipeline(method, arguments)
    if teacher is None:
        raise InputError(
            f"method={method!r} needs a teacher and none was given. Pass "
            "teacher=<TeacherTrainer>.outputs['model']."
        )


def _seeds(seeds):
    values = list(seeds)
    good = all(type(s) is int and 0 <= s < 2**32 for s in values)
    if not values or not good or len(set(values)) != len(values):
        raise InputError(
            "seeds must be different whole numbers from 0 on, at least one; "
            f"received {seeds!r}. For example (0, 1, 2)."
        )
    return values
