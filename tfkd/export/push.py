"""Versions of a served model: `<directory>/1/`, `<directory>/2/`, ..."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import time
import uuid

from tfkd.errors import InputError

# Seconds after which nobody can still be writing a version.
STALE = 24 * 3600


def push(source, directory, files):
    """Copies `files` into the next version, which appears all at once.

    A reader never sees half a version: files are written and flushed to disk
    under a hidden name, then renamed. If the newest version already holds the
    same bytes, nothing is copied. What a killed push has left a day ago is
    removed.

    Args:
        source: Folder with the files.
        directory: Directory of versions; made if missing, `~` is expanded.
        files: Names of the files.

    Returns:
        `(version, new)`: the version's number, and whether it was made now.

    Raises:
        InputError: If a file is missing, or the directory cannot be written
            to.
    """
    source, directory = pathlib.Path(source), absolute(directory)
    missing = [name for name in files if not (source / name).is_file()]
    if missing:
        raise InputError(
            f"A version must hold {', '.join(files)}; {source} lacks "
            f"{', '.join(missing)}. Export the model again."
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _remove_stale(directory)
        existing = versions(directory)
        if existing and _same(source, directory / str(existing[-1]), files):
            return existing[-1], False
        return _copy(source, directory, files, existing), True
    except OSError as error:
        raise InputError(
            f"The serving directory {directory} must be a directory that can "
            f"be written to, received: {error.strerror or error}. Free it, "
            "or choose another `serving_dir`."
        ) from error


def absolute(directory):
    """Returns where a directory of versions is; `~` is the home directory."""
    return pathlib.Path(directory).expanduser().absolute()


def versions(directory):
    """Returns the numbers of all versions in `directory`, ascending."""
    names = [path.name for path in pathlib.Path(directory).iterdir()]
    return sorted(int(n) for n in names if n.isascii() and n.isdigit())


def _remove_stale(directory):
    for path in directory.glob(".tmp-*"):
        # Another push may remove it at the same time.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > STALE:
                shutil.rmtree(path)


def _copy(source, directory, files, existing):
    # Not by `tempfile`, whose folders are for their owner only: permissions
    # are those that the user's umask gives.
    scratch = directory / f".tmp-{uuid.uuid4().hex}"
    scratch.mkdir()
    try:
        for name in files:
            shutil.copyfile(source / name, scratch / name)
            _flush(scratch / name)
        _flush(scratch)
        version = _claim(scratch, directory, existing[-1] if existing else 0)
        _flush(directory)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return version


def _claim(scratch, directory, newest):
    """Renames to the first number that nobody else takes meanwhile."""
    version = newest + 1
    while True:
        target = directory / str(version)
        try:
            # Onto an existing, non-empty directory this fails, so that two
            # pushers at once make two versions.
            os.rename(scratch, target)
            return version
        except OSError:
            if not target.exists():
                raise
            version += 1


def _flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _same(source, target, files):
    return all(
        (target / name).is_file()
        and sha256(source / name) == sha256(target / name)
        for name in files
    )


def sha256(path):
    """Returns the hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
