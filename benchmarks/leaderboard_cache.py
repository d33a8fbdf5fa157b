"""Trained teachers, kept on disk between runs of the leaderboard."""

import contextlib
import hashlib
import os
import pathlib

from benchmarks import learning

FOLDER = pathlib.Path(__file__).parents[1] / "runs/leaderboard/teachers"


def models(name, sources, make):
    """Returns what `make()` returns, or the copy of it on disk.

    Args:
        name: Of the models; says their settings.
        sources: Paths of the files whose code makes them.
        make: Trains and returns a list of Keras models.
    """
    import keras

    code = "".join(learning.code(path) for path in sources)
    mark = hashlib.sha256(code.encode()).hexdigest()[:8]
    folder = FOLDER / f"{name}-{mark}"
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        # One may be left of a process that was killed.
        partial.mkdir(parents=True, exist_ok=True)
        for number, model in enumerate(make()):
            model.save(partial / f"{number}.keras")
        # Where another worker was faster, its models serve as well.
        with contextlib.suppress(OSError):
            partial.replace(folder)
    return [keras.saving.load_model(p) for p in sorted(folder.glob("*.keras"))]
