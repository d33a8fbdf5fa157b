"""What compression may see of a pipeline's data: what the student saw."""

import numpy as np

from tfkd.compression.data import UNLABELLED
from tfkd.compression.data import CompressionData
from tfkd.compression.data import TrainingData
from tfkd.compression.data import calibration_data
from tfkd.data import predictions
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training import run_data
from tfkd.training.order import choose_labelled
from tfkd.training.order import rows_of
from tfkd.training.predictor import Predictor


def to_calibrate(examples, count):
    """Returns `CompressionData` for recipes without training.

    Args:
        examples: Directory of `Examples`.
        count: Calibration images.

    Raises:
        InputError: If the images cannot calibrate a model.
    """
    ids, images, _ = records.load_arrays(examples, "train")
    value_range = records.read_info(examples)["value_range"]
    return calibration_data(ids, images, count, value_range)


def to_train(data, examples, student, *, teacher=None, cached=None):
    """Returns `CompressionData` that recipes can train on as well.

    The examples and the labels among them are those that the selected
    student has learnt from: hidden labels stay hidden.

    Args:
        data: What `to_calibrate` returned.
        examples: Directory of `Examples`.
        student: The student's `training.json`.
        teacher: Directory of the teacher's `Model`, `None` without one.
        cached: Directory of its `TeacherPredictions`, `None` to let it
            answer itself.

    Raises:
        InputError: If the stored answers are another teacher's.
    """
    subset = student.get("subset") or (0.0, 1.0)
    split = run_data.load(examples, "train", tuple(subset))
    count = student.get("num_labels")
    # `None` in records of models that were not trained here.
    labelled = choose_labelled(
        split.ids, split.labels, count, student["selected_seed"]
    )
    training = TrainingData(
        images=split.images,
        labels=np.where(labelled, split.labels, UNLABELLED),
        teacher_logits=_answers(split, teacher, cached),
    )
    return CompressionData(
        data.example_ids, data.images, data.value_range, training
    )


def _answers(split, teacher, cached):
    if teacher is None:
        return None
    if cached is None or not _holds_logits(cached):
        model = model_files.load(teacher)
        return Predictor(model, split.images.shape[1:])(split.images)
    made_by = predictions.read_info(cached)["teacher_hash"]
    wanted = model_files.read_record(teacher)["model_hash"]
    if made_by != wanted:
        raise InputError(
            "Compression's `predictions` must be those of its `teacher` "
            f"({wanted[:12]}); they were made by {made_by[:12]}. Connect both "
            "to the same TeacherTrainer."
        )
    found = predictions.load(cached, "train")
    return found.take(rows_of(split.ids, found.ids)).dense()["logits"]


def _holds_logits(cached):
    """Whether logits of the images as they are can be found there."""
    info = predictions.read_info(cached)
    return "logits" in info["taps"] and info["augmentation"] is None
