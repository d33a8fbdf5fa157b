"""The examples that compression may look at, all of them training data."""

import dataclasses
import hashlib
import pathlib

import numpy as np

from tfkd.errors import InputError
from tfkd.export.convert import check_calibration

CALIBRATION_EXAMPLES = 200
UNLABELLED = -1


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """What recipes that train learn from.

    Attributes:
        images: Raw pixels `(count, height, width, channels)`.
        labels: Class of each; -1 where it may not be seen.
        teacher_logits: The float teacher's answers `(count, classes)`, or
            `None`. Images are not augmented, so one answer each is all that
            a live teacher would say.
    """

    images: np.ndarray
    labels: np.ndarray
    teacher_logits: np.ndarray | None = None

    def __post_init__(self):
        count = len(self.images)
        if count == 0 or len(self.labels) != count:
            raise InputError(
                "Recipes that train need images and as many labels (-1 where "
                f"there is none), received {count} images and "
                f"{len(self.labels)} labels."
            )
        if np.ndim(self.labels) != 1:
            raise InputError(
                "Labels must be class numbers of shape (count,), -1 where "
                f"there is none, received shape {np.shape(self.labels)}. Of "
                "one-hot rows pass labels.argmax(axis=1)."
            )
        _check_class_numbers(self.labels)
        bad = ~np.isfinite(np.asarray(self.images).reshape(count, -1))
        if bad.any():
            raise InputError(
                "Training images must be finite; NaN or infinity found in "
                f"{int(bad.any(axis=1).sum())} of {count}."
            )
        logits = self.teacher_logits
        if logits is not None and (
            len(logits) != count or not np.isfinite(logits).all()
        ):
            raise InputError(
                "The teacher's logits must be finite, one row for each of the "
                f"{count} images; received shape {np.shape(logits)}, finite: "
                f"{bool(np.isfinite(logits).all())}. Run the teacher again."
            )

    def check_classes(self, count):
        """Refuses labels or teacher's logits of other classes.

        Args:
            count: Classes that the student scores.

        Raises:
            InputError: If there are such.
        """
        if np.max(self.labels) >= count:
            raise InputError(
                f"Labels must be in [0, {count - 1}], the classes that the "
                "student scores, or -1 where there is none; received "
                f"{np.max(self.labels):g}."
            )
        logits = self.teacher_logits
        if logits is not None and np.shape(logits)[1:] != (count,):
            raise InputError(
                f"The teacher must score the student's {count} classes, "
                f"received logits of shape {np.shape(logits)}."
            )

    def without_teacher(self):
        """Returns the control's data: the same without the teacher."""
        return dataclasses.replace(self, teacher_logits=None)

    def usable_rows(self):
        """Returns the rows that teach something: all, or the labelled ones.

        Raises:
            InputError: If there is neither a teacher nor a label.
        """
        if self.teacher_logits is not None:
            return np.arange(len(self.labels))
        rows = np.flatnonzero(self.labels != UNLABELLED)
        if not len(rows):
            raise InputError(
                "Training without a teacher needs labels, received "
                f"{len(self.labels)} examples and no label. Give a teacher."
            )
        return rows


@dataclasses.dataclass(frozen=True)
class CompressionData:
    """Training images for a recipe.

    Attributes:
        example_ids: Ids of the calibration images.
        images: Raw pixels `(count, height, width, channels)`, to calibrate.
        value_range: `(lowest, highest)` pixel value of the data set.
        training: `TrainingData`, which recipes that train need.
    """

    example_ids: np.ndarray
    images: np.ndarray
    value_range: tuple
    training: TrainingData | None = None


def calibration_data(example_ids, images, count, value_range):
    """Picks and checks the representative images.

    The pick depends on ids alone: it is the same for any order and number of
    shards, and a larger `count` only adds images.

    Args:
        example_ids: Ids of the training split.
        images: Its raw pixels `(total, height, width, channels)`.
        count: Images to pick; all, where there are fewer.
        value_range: `(lowest, highest)` pixel value of the data set.

    Raises:
        InputError: If the images cannot calibrate a model.
    """
    if count < 1:
        raise InputError(
            f"calibration_examples must be at least 1, received {count}; 100 "
            "to 500 is usual."
        )
    picked = _pick(example_ids, count)
    images = np.asarray(images)[picked]
    check_calibration(images, value_range)
    return CompressionData(
        example_ids=np.asarray(example_ids)[picked],
        images=images,
        value_range=tuple(value_range),
    )


def data_of(data, teacher=None, needs_teacher=False):
    """Returns `CompressionData`, whatever a user has given.

    Args:
        data: `CompressionData`, images, or `(images, labels)`.
        teacher: A Keras model, the path of a `.keras` file, or logits; what
            ends in a softmax is taken to logits.
        needs_teacher: Whether the teacher's answers will be used; they are
            not computed for nothing.

    Raises:
        InputError: If images and labels do not fit, or the teacher has
            several outputs.
    """
    if not isinstance(data, CompressionData):
        images, labels = _images_and_labels(data)
        if images.dtype != np.uint8:
            images = images.astype(np.float32)
        if images.ndim != 4:
            raise InputError(
                "Compression needs images of shape (count, height, width, "
                f"channels), received shape {images.shape}."
            )
        # Not the first ones: images often come class by class.
        ids = np.sort(_pick(range(len(images)), CALIBRATION_EXAMPLES))
        data = CompressionData(
            example_ids=ids,
            images=images[ids].astype(np.float32),
            value_range=_value_range(images),
            training=None
            if labels is None
            else TrainingData(images, _class_numbers(labels)),
        )
    if teacher is None or data.training is None or not needs_teacher:
        return data
    logits = _answers(teacher, data.training.images)
    training = dataclasses.replace(data.training, teacher_logits=logits)
    return dataclasses.replace(data, training=training)


def _check_class_numbers(labels):
    labels = np.asarray(labels)
    whole = labels.dtype.kind in "biu" or (
        labels.dtype.kind == "f" and (labels == np.round(labels)).all()
    )
    if not whole or labels.min() < UNLABELLED:
        raise InputError(
            "Labels must be whole class numbers from 0, or -1 where there is "
            f"none; received {labels.dtype} values such as "
            f"{np.unique(labels)[:3].tolist()}. Number the classes."
        )


def _images_and_labels(data):
    """The images as an array, and the labels or `None`."""
    images, labels = data, None
    if isinstance(data, tuple) and len(data) == 2:
        images, labels = data
    try:
        images = np.asarray(images)
        known = images.dtype.kind in "biuf"
    except ValueError:  # A list of arrays of several shapes.
        known = False
    if not known:
        raise InputError(
            "Compression's data must be an array of images or a tuple "
            f"(images, labels), received {_described(data)}. Of a "
            "tf.data.Dataset pass the arrays that it was made of."
        )
    return images, labels


def _described(data):
    if isinstance(data, list | tuple):
        kinds = ", ".join(type(part).__name__ for part in data[:3])
        return f"a {type(data).__name__} of {len(data)}: {kinds}"
    return f"a {type(data).__name__}"


def _value_range(images):
    if images.dtype == np.uint8 or not images.size:
        return (0, 255)
    return (float(images.min()), float(images.max()))


def _class_numbers(labels):
    labels = np.asarray(labels)
    # As the data sets of Keras have them.
    return labels[:, 0] if labels.shape[1:] == (1,) else labels


def _answers(teacher, images):
    """The logits of a teacher, each image once: none is augmented."""
    path = isinstance(teacher, str | pathlib.Path)
    if not path and not callable(teacher):
        return _as_logits(np.asarray(teacher))
    from tfkd.training import model_files
    from tfkd.training.predictor import Predictor

    if path:
        teacher = model_files.load_file(str(teacher))
    predictor = Predictor(_one_output(teacher), images.shape[1:])
    return _as_logits(predictor(images.astype(np.float32)))


def _one_output(teacher):
    """The model with a tensor for its output, not a list or a dict of one."""
    import keras

    from tfkd.taps.graph import is_functional

    if not is_functional(teacher):
        return teacher
    if len(teacher.outputs) != 1:
        raise InputError(
            "The teacher must have one output, logits, received "
            f"{len(teacher.outputs)}. Choose one: keras.Model(teacher.inputs, "
            "teacher.outputs[0])."
        )
    if isinstance(teacher.output, list | tuple | dict):
        return keras.Model(teacher.inputs[0], teacher.outputs[0])
    return teacher


def _as_logits(scores):
    """Takes probabilities to logits: softmax(log p) = p."""
    if scores.ndim != 2 or not len(scores) or not (scores >= 0).all():
        return scores
    if np.abs(scores.sum(axis=1) - 1).max() > 1e-3:
        return scores
    return np.log(np.maximum(scores, 1e-30))


def _pick(example_ids, count):
    """Returns the places of `count` examples, by their ids alone."""
    order = sorted(range(len(example_ids)), key=lambda i: _key(example_ids[i]))
    return np.array(order[:count], np.int64)


def _key(example_id):
    # Not the hash that chooses training subsets: the pick covers them all.
    return hashlib.sha256(f"calibration:{example_id}".encode()).digest()
