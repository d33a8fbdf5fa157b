"""`compress`: from a trained student to a `.tflite`, by the recipe's name."""

import dataclasses
import pathlib
import tempfile

from tfkd.compression import child
from tfkd.compression import proof
from tfkd.compression import ptq
from tfkd.compression import registry
from tfkd.compression import settings as settings_lib
from tfkd.compression.data import data_of
from tfkd.errors import InputError
from tfkd.export.convert import check_calibration


@dataclasses.dataclass(frozen=True)
class Options:
    """Where and how recipes run; nothing here changes their results.

    Attributes:
        source: The config's model dict that the student was built from.
        tmp_dir: Scratch directory; the system's one by default.
        backup_dir: Where the state of trainings is kept, so that a killed one
            goes on; `""` for nowhere.
        report: Called as `report(message=, fraction=, epoch=, loss=)`.
    """

    source: dict | None = None
    tmp_dir: str | None = None
    backup_dir: str = ""
    report: object = lambda **values: None


def compress(
    student,
    *,
    recipe,
    data,
    teacher=None,
    training=None,
    destination=None,
    seed=0,
    options=None,
):
    """Makes a compressed `.tflite` of a trained student.

    Args:
        student: A Keras 3 model from raw images to logits, or the path of its
            `.keras` file. It stays as it is; a softmax at its end counts as
            that of the file.
        recipe: Name of a recipe, see `names()`.
        data: `CompressionData`; or training images, or `(images, labels)`,
            as the student was trained on them. Labels may be -1.
        teacher: Float teacher of recipes that train: a model, the path of its
            `.keras` file, or its logits for each training image.
        training: Settings of recipes that train, see
            `tfkd.compression.settings.complete`.
        destination: Path of the `.tflite` file; folders are made. By default
            the recipe's name in the working directory.
        seed: Seed of the data order.
        options: `Options`.

    Returns:
        A dict that describes what was done and measured on the file.

    Raises:
        InputError: If the recipe is unknown, or the data or the student do
            not fit it; before any long work where it can be known.
        RuntimeError: If the converter fails, or the file does not run.
    """
    destination = pathlib.Path(destination or f"{recipe}.tflite")
    reports = compress_all(
        student,
        recipes=(recipe,),
        data=data,
        teacher=teacher,
        training=training,
        destinations={recipe: destination},
        seed=seed,
        options=options,
    )
    return reports[recipe]


def compress_all(
    student,
    *,
    recipes,
    data,
    destinations,
    teacher=None,
    training=None,
    seed=0,
    options=None,
):
    """Runs several recipes; those that train share one child process.

    Args:
        student: See `compress`.
        recipes: Names, each once.
        data: See `compress`.
        destinations: Name to the path of its `.tflite` file.
        teacher: See `compress`.
        training: See `compress`.
        seed: See `compress`.
        options: See `compress`.

    Returns:
        Name to the dict that describes the result, in the order of `recipes`.
    """
    found = registry.check(recipes)
    options = options or Options()
    _check_destinations(recipes, destinations)
    _check_student(student, options.source)
    values = settings_lib.complete(training)
    data = data_of(data, teacher, any(r.trains and r.taught for r in found))
    check_calibration(data.images, data.value_range)
    _check_training(found, data)
    for path in destinations.values():
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.tmp_dir) as folder:
        path = _student_file(student, folder)
        converted = [recipe for recipe in found if not recipe.bridged]
        names = ", ".join(recipe.name for recipe in converted)
        if converted:
            options.report(message=f"{names}: converting")
        ptq.make(
            converted,
            path,
            data=data,
            destinations=destinations,
            source=options.source,
            tmp_dir=options.tmp_dir,
        )
        done = {recipe.name: {} for recipe in converted}
        bridged = [recipe.name for recipe in found if recipe.bridged]
        if bridged:
            made = child.run(
                bridged,
                path,
                data=data,
                settings=values,
                seed=seed,
                options=options,
            )
            for name, (content, steps) in zip(bridged, made):
                pathlib.Path(destinations[name]).write_bytes(content)
                done[name] = steps
    return {
        recipe.name: describe(
            recipe, destinations[recipe.name], data, values, done[recipe.name]
        )
        for recipe in found
    }


def describe(recipe, path, data, settings, done):
    """Proves on the file what a recipe claims, and describes it.

    Args:
        recipe: The `Recipe`.
        path: Its `.tflite` file.
        data: `CompressionData`.
        settings: Complete settings of recipes that train.
        done: What `Stages.run` says was done; empty for conversions.

    Raises:
        InputError: If an operation stays in float.
        RuntimeError: If a pattern is lost, or the file does not run.
    """
    from tfkd.export import package
    from tfkd.export.inspect import inspect
    from tfkd.export.litert import LiteRTModel

    contents = inspect(path)
    ptq.check_integer(recipe, contents)
    # Converted counts only once it ran with finite outputs.
    LiteRTModel(path).predict(data.images[:8])
    two_by_four = "two_by_four" in recipe.stages
    proven = proof.prove(
        path,
        done.get("kept", {}),
        sparsity=0.5 if two_by_four else settings["sparsity"],
        clusters=settings["clusters"],
        two_by_four=two_by_four,
    )
    report = {
        "bits": recipe.bits if recipe.integer else 16,
        "bytes": contents.num_bytes,
        "control": recipe.control or None,
        "fully_integer": contents.fully_integer,
        "gzip_bytes": package.gzip_size(pathlib.Path(path).read_bytes()),
        "operations": contents.op_counts,
        "proof": proven,
        "recipe": recipe.name,
        "summary": recipe.summary,
        "stages": done.get("stages", []),
        "taught": recipe.trains and recipe.taught,
        "variant": recipe.name,
    }
    if recipe.integer:
        low, high = float(data.images.min()), float(data.images.max())
        report["calibration"] = {
            "examples": len(data.images),
            "range": [low, high],
        }
    if recipe.bridged:
        report["parity"] = done["parity"]
    if recipe.trains:
        report["training"] = settings
    return report


def _check_destinations(recipes, destinations):
    paths = [destinations.get(name) for name in recipes]
    files = {str(path) for path in paths}
    if None in paths or len(files) < len(paths):
        raise InputError(
            "`destinations` must have the path of a file of its own for each "
            f"recipe of {list(recipes)}, received {destinations}."
        )
    for path in paths:
        if pathlib.Path(path).is_dir():
            raise InputError(
                f"A destination must be the path of a file, {str(path)!r} is "
                "a folder. Add the file's name, such as student.tflite."
            )


def _check_training(recipes, data):
    trained = [recipe for recipe in recipes if recipe.trains]
    if not trained:
        return
    if data.training is None:
        raise InputError(
            f"The recipe {trained[0].name!r} trains, and needs training "
            "images with labels (-1 where there is none); received images to "
            "calibrate only. Pass data=(images, labels), or use 'int8_ptq'."
        )
    for recipe in trained:
        if not recipe.taught:
            data.training.without_teacher().usable_rows()
        elif data.training.teacher_logits is None:
            raise InputError(
                f"The recipe {recipe.name!r} goes on distilling, and needs a "
                "teacher; none was given. Pass `teacher`, or use "
                f"{recipe.control or 'int8_qat_alone'!r}."
            )


def _student_file(student, folder):
    """Returns the path of the student's `.keras` file, saved if need be."""
    if not isinstance(student, str | pathlib.Path):
        # Without a date: the same student has the same backups.
        from tfkd.training import model_files

        path = pathlib.Path(folder, "student.keras")
        model_files.save(student, str(path))
        return str(path)
    return str(student)


def _check_student(student, source):
    if not isinstance(student, str | pathlib.Path):
        _check_model(student, source)
        return
    path = pathlib.Path(student)
    if path.suffix == ".tflite":
        raise InputError(
            f"The student must be a .keras model, received {path.name}: a "
            "file that was converted already cannot be compressed again. "
            "Give the float model that it was made of."
        )
    if not path.is_file():
        raise InputError(
            f"The model to compress must be a .keras file, {str(student)!r} "
            "does not exist. Save the model there first."
        )


def _check_model(student, source):
    import keras

    if not isinstance(student, keras.Model):
        raise InputError(
            "The student must be a keras.Model or the path of a .keras file, "
            f"received {student!r}."
        )
    known = ("keras", "tfkd")
    for layer in () if source else student._flatten_layers(include_self=False):
        kind = type(layer)
        if kind.__module__.partition(".")[0] not in known:
            raise InputError(
                f"The student's layer {layer.name!r} is a {kind.__name__} of "
                "your own, and another process converts it, which must import "
                "that class. Put it into a module, registered by keras.saving."
                "register_keras_serializable, beside a function that builds "
                "the model, and pass options=Options(source={'build': "
                "'module:function'})."
            )
