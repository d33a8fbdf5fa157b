"""Declares TeacherTrainer."""

from tfkd.components.base.artifacts import ExampleAnomalies
from tfkd.components.base.artifacts import Examples
from tfkd.components.base.artifacts import Model
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.data import prediction_settings
from tfkd.training import model_source
from tfkd.training import settings


class TeacherTrainerSpec(ComponentSpec):
    """TeacherTrainer's channels and parameters."""

    PARAMETERS = {
        "teacher": ExecutionParameter(type=dict),
        "train": ExecutionParameter(type=dict, optional=True),
        "subset": ExecutionParameter(
            type=(tuple, list), optional=True, default=(0.0, 1.0)
        ),
        "seed": ExecutionParameter(type=int, optional=True, default=0),
        "augmentation": ExecutionParameter(type=dict, optional=True),
        # Computed: makes a changed file behind `teacher` a changed execution.
        "teacher_digest": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=Examples),
        "anomalies": ChannelParameter(type=ExampleAnomalies, optional=True),
    }
    OUTPUTS = {"model": ChannelParameter(type=Model)}
    TYPE_ANNOTATION = "Train"


class TeacherTrainer(BaseComponent):
    """Trains a teacher on a part of the training split, or imports one.

    Args:
        examples: Channel of `Examples`.
        teacher: What to build or load, see `tfkd.training.model_source`.
        train: Settings, see `tfkd.training.settings`. Without `epochs`, a
            model that comes with weights is not trained.
        subset: Fractions (low, high) of the training split to learn from.
        seed: Seed of initial weights and data order.
        augmentation: Views of the images that are trained on, see
            `tfkd.data.prediction_settings`; none by default.
        anomalies: Channel that makes training wait for validated examples.

    Raises:
        InputError: If a setting is wrong or a file is missing.
    """

    SPEC_CLASS = TeacherTrainerSpec
    EXECUTOR = "tfkd.components.teacher_trainer.executor.Executor"
    CACHE_PACKAGES = ("keras", "numpy", "tensorflow")

    def __init__(
        self,
        *,
        examples,
        teacher,
        train=None,
        subset=(0.0, 1.0),
        seed=0,
        augmentation=None,
        anomalies=None,
    ):
        spec = TeacherTrainerSpec(
            examples=examples,
            teacher=teacher,
            train=train,
            subset=subset,
            seed=seed,
            augmentation=augmentation,
            anomalies=anomalies,
            teacher_digest="",
        )
        settings.check_seed(seed)
        kind = model_source.check(teacher, "teacher")
        weights = teacher.get("arguments", {}).get("weights")
        blank = kind == "name" or (kind == "application" and not weights)
        properties = spec.exec_properties
        properties["train"] = settings.complete(train, None if blank else 0)
        properties["subset"] = list(settings.subset_bounds(subset))
        properties["augmentation"] = prediction_settings.complete_policy(
            augmentation
        )
        properties["teacher_digest"] = model_source.digest(teacher)
        super().__init__(spec)
