"""The model that is served already, on the data of today."""

import pathlib

from tfkd import metrics
from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export import package


def measure(uri, variant, info, examples, answers, samples):
    """Compares a file with the same variant of an earlier `TFLiteModel`.

    Args:
        uri: The earlier artifact's directory.
        variant: The file that is judged.
        info: `dataset.json` of the examples.
        examples: Images and labels of the test split.
        answers: The judged file's probabilities for them.
        samples: Of the bootstrap.

    Returns:
        `accuracy` of the earlier file, `gain` of the judged one over it, and
        `gain_interval`, both by example.

    Raises:
        InputError: If the earlier one cannot be compared.
    """
    folder = pathlib.Path(uri, variant)
    if not folder.is_dir():
        raise _cannot(f"it has no variant {variant!r}")
    description = package.read_description(folder)
    if description["labels"] != info["class_names"]:
        raise _cannot(f"it knows the classes {description['labels']}")
    if description["input"]["shape"][1:] != info["image_shape"]:
        raise _cannot(f"it takes images of {description['input']['shape'][1:]}")
    pixels = description["input"]["value_range"]
    if pixels != info["value_range"]:
        raise _cannot(f"it takes pixels from {pixels[0]:g} to {pixels[1]:g}")
    images, labels = examples
    earlier = LiteRTModel(str(folder / "model.tflite")).predict(images)
    right = metrics.correct(earlier, labels)
    gained = metrics.correct(answers, labels).astype(int) - right
    return {
        "accuracy": float(right.mean()),
        "gain": float(gained.mean()),
        "gain_interval": list(
            metrics.bootstrap_interval(gained, samples=samples)
        ),
    }


def _cannot(reason):
    return InputError(
        "The baseline must be of the same variant, classes, image shape and "
        f"pixel range as what is judged, and {reason}. Evaluate once without "
        "a baseline and its bound (leave out config.baseline and "
        "min_gain_over_baseline): what is blessed then is the next one."
    )
