"""Directories of outputs: staged, listed in a manifest, renamed into place."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile

from tfkd.data import paths
from tfkd.errors import InputError

MANIFEST = ".tfkd_manifest.json"
MIN_FREE_BYTES = 200 * 1024**2


class NodeStore:
    """The directories of one component below `pipeline_root`.

    Outputs are `<root>/<node>/<key>/<execution id>`; all else is below
    `<root>/<node>/.system`.

    Args:
        root: Absolute `pipeline_root`.
        node_id: The component's id.

    Raises:
        InputError: If the id, or later a key, leads out of the root.
    """

    def __init__(self, root, node_id):
        self.path = paths.inside(root, node_id)
        self.system = os.path.join(self.path, ".system")

    def output(self, key, execution_id):
        """Returns the final directory of an output."""
        return paths.inside(self.path, key, str(execution_id))

    def staged(self, key, execution_id):
        """Returns the directory that an executor writes an output to."""
        folder = os.path.join(self._staging(execution_id), "outputs")
        return paths.inside(folder, key)

    def tmp(self, execution_id):
        """Returns the scratch directory of an execution."""
        return os.path.join(self._staging(execution_id), "tmp")

    def stateful(self, cache_key):
        """Returns the directory that outlives crashes, for checkpoints."""
        return os.path.join(self.system, "stateful_working_dir", cache_key)

    def cache(self, code_key):
        """Returns the directory for parts of outputs, made by this code."""
        return os.path.join(self.system, "cache", code_key[:32])

    def logs(self, cache_key):
        """Returns the directory for TensorBoard."""
        return os.path.join(self.system, "logs", cache_key[:12])

    def lock(self, cache_key):
        """Returns the lock file of the executions with this cache key."""
        return os.path.join(self.system, "locks", cache_key[:32])

    def _staging(self, execution_id):
        return os.path.join(self.system, "staging", str(execution_id))

    def next_execution_id(self, keys):
        """Returns a number above every output that lies here.

        A metadata file that was removed starts to count at 1 again; without
        this its first execution would collide with an older directory.
        """
        numbers = [0]
        for key in keys:
            with contextlib.suppress(FileNotFoundError):
                names = os.listdir(os.path.join(self.path, key))
                numbers += [int(name) for name in names if name.isdecimal()]
        return max(numbers) + 1

    def stage(self, keys, execution_id):
        """Makes empty directories to write to; returns key to path."""
        shutil.rmtree(self._staging(execution_id), ignore_errors=True)
        staged = {key: self.staged(key, execution_id) for key in keys}
        for path in (*staged.values(), self.tmp(execution_id)):
            os.makedirs(path)
        return staged

    def publish(self, key, execution_id):
        """Moves a staged output, complete with its manifest, into place.

        All bytes are on the disk before the rename, so after a power cut
        there is the whole directory or none.

        Returns:
            The final directory and its content digest.
        """
        staged = self.staged(key, execution_id)
        digest = write_manifest(staged)
        final = self.output(key, execution_id)
        os.makedirs(os.path.dirname(final), exist_ok=True)
        os.rename(staged, final)
        _fsync(os.path.dirname(final))
        return final, digest

    def discard(self, execution_id, keys=()):
        """Removes the staging directory, and the outputs named by `keys`."""
        shutil.rmtree(self._staging(execution_id), ignore_errors=True)
        for key in keys:
            shutil.rmtree(self.output(key, execution_id), ignore_errors=True)


def write_manifest(directory):
    """Writes the manifest of a directory, syncs all; returns the digest.

    Raises:
        ValueError: If the directory holds a link or a special file.
    """
    files = list_files(directory)
    path = os.path.join(directory, MANIFEST)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"files": files}, file, indent=1, sort_keys=True)
    for folder, _, names in os.walk(directory):
        for name in names:
            _fsync(os.path.join(folder, name))
        _fsync(folder)
    return content_digest(files)


def content_digest(files):
    """Returns the SHA-256 of a manifest's list of files."""
    text = json.dumps(files, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def list_files(directory):
    """Returns `{path, size, sha256}` of every file, sorted by path."""
    found = []
    for folder, folders, names in os.walk(directory):
        for name in (*names, *folders):
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, directory)
            if os.path.islink(path):
                raise ValueError(
                    f"An artifact must hold plain files, found a link: {path}."
                )
            if name in folders or relative == MANIFEST:
                continue
            with open(path, "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.path.getsize(path)
            found.append({"path": relative, "size": size, "sha256": sha256})
    return sorted(found, key=lambda item: item["path"])


def size(directory):
    """Returns the bytes of all files in a directory; 0 if there is none."""
    return sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(directory)
        for name in names
    )


def damage(directory, digest):
    """Says in words how a directory differs from its manifest.

    Args:
        directory: An output's final directory.
        digest: Content digest that was recorded for it.

    Returns:
        `None` if every byte is as it was written.
    """
    try:
        with open(os.path.join(directory, MANIFEST), encoding="utf-8") as file:
            files = json.load(file)["files"]
        expected = {item["path"]: item for item in files}
        found = {item["path"]: item for item in list_files(directory)}
    except FileNotFoundError as error:
        return f"{error.filename} is missing"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"it cannot be read ({error})"
    if content_digest(files) != digest:
        return f"{MANIFEST} was changed"
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            return f"{path} is missing"
        if path not in expected:
            return f"{path} was added"
        before, now = expected[path], found[path]
        if before["size"] != now["size"]:
            return f"{path} has {now['size']} bytes, not {before['size']}"
        if before["sha256"] != now["sha256"]:
            return f"{path} has other content"
    return None


def check_root(root, create=True):
    """Creates `pipeline_root`; checks that it can be written to.

    Args:
        root: The directory.
        create: Whether to make it. If not, what exists of its path is
            checked, and no file is left there.

    Raises:
        InputError: If it cannot, or its disk is nearly full.
    """
    try:
        if create:
            os.makedirs(root, exist_ok=True)
        folder = _existing(root)
        # Really write: the super-user passes every check of permissions.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(root) from error
        raise InputError(
            f"The pipeline_root {root} must be a writable directory "
            f"({error.strerror}). Change its permissions, or give another "
            "--pipeline_root."
        ) from error
    if free < MIN_FREE_BYTES:
        raise InputError(
            f"The pipeline_root {root} must have {MIN_FREE_BYTES >> 20} MB of "
            f"free space, its disk has {free >> 20} MB. Free some space, or "
            "give a --pipeline_root on another disk."
        )


def write_text(path, text):
    """Writes a file whole or not at all, and its directory if need be.

    Raises:
        InputError: If it cannot be written.
    """
    partial = f"{path}.{os.getpid()}.partial"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(partial, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.remove(partial)
        if is_disk_full(error):
            raise disk_full(os.path.dirname(path)) from error
        raise InputError(
            f"The file {path} must be writable ({error.strerror}). Check "
            "what is there, and its permissions."
        ) from error


def _existing(path):
    """Returns a path, or the closest one above it that exists."""
    path = os.path.abspath(path)
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return path


def is_disk_full(error):
    """Says whether an error, or one that led to it, is a full disk.

    TensorFlow and Beam wrap the operating system's error in their own
    classes; its text is then all that is left of it.
    """
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            return True
        if os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def disk_full(directory):
    """Returns the `InputError` for a full disk."""
    return InputError(
        f"No space left on the disk of {directory}. Free some space there, "
        "or give another --pipeline_root; finished components are kept."
    )


def _fsync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
