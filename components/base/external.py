"""Fingerprints of files that a component reads from outside its pipeline."""

import hashlib
import os

# Up to this size content counts, so that touching a file changes nothing;
# beyond it size and time of change, so that a dry run stays quick.
MAX_HASHED_BYTES = 256 * 1024**2


def fingerprint_path(path):
    """Returns a JSON value that changes when a file or directory changes.

    Args:
        path: A file, or a directory that is walked; need not exist.

    Returns:
        `None` for a path that does not exist, else a dict.
    """
    if not os.path.exists(path):
        return None
    files = sorted(_files(path))
    sizes = [os.path.getsize(file) for file in files]
    content = sum(sizes) <= MAX_HASHED_BYTES
    digest = hashlib.sha256()
    for file, size in zip(files, sizes):
        digest.update(f"{os.path.relpath(file, path)}\0{size}\0".encode())
        if content:
            with open(file, "rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        else:
            digest.update(f"{os.stat(file).st_mtime_ns}\0".encode())
    return {
        "files": len(files),
        "bytes": sum(sizes),
        "by": "content" if content else "time",
        "sha256": digest.hexdigest(),
    }


def fingerprint_paths(value):
    """Fingerprints every `{"path": ...}` among nested parameters.

    Returns:
        Path to fingerprint for those that exist, `None` if there is none.
    """
    found = {}
    if isinstance(value, dict):
        path = value.get("path")
        if isinstance(path, str) and os.path.exists(path):
            found[path] = fingerprint_path(path)
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            found.update(fingerprint_paths(item) or {})
    return found or None


def _files(path):
    if os.path.isfile(path):
        return [path]
    return [
        os.path.join(folder, name)
        for folder, _, names in os.walk(path, followlinks=True)
        for name in names
        if os.path.isfile(os.path.join(folder, name))
    ]
