"""Names of files that a file names: they stay where they belong."""

import os

from tfkd.errors import InputError


def plain(name, folder):
    """Returns a name, if it is a plain one.

    Names that come from an artifact's own index are not to be trusted: `..`
    or an absolute path would lead out of its folder.

    Args:
        name: The name.
        folder: Where it belongs, for the message.

    Raises:
        InputError: If it is empty, `.` or `..`, or has a separator.
    """
    if (
        not isinstance(name, str)
        or name in ("", os.curdir, os.pardir)
        or any(mark in name for mark in ("/", "\\", "\0"))
    ):
        raise InputError(
            f"A name in {folder} must be a plain name without '/' and not "
            f"'..', received {name!r}. Do not use this artifact; run the "
            "component that wrote it again."
        )
    return name


def inside(folder, *names):
    """Joins a folder and names of things in it, each a plain name.

    Raises:
        InputError: If a name is none.
    """
    return os.path.join(folder, *(plain(name, folder) for name in names))
