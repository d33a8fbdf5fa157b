"""What a run says of the model that it has pushed."""

import json
import os
import pathlib

from tfkd.export import push


def line(folder):
    """Returns where the model is, or why none was pushed.

    Args:
        folder: Directory of a `PushedModel`.
    """
    text = pathlib.Path(folder, "pushed.json").read_text(encoding="utf-8")
    values = json.loads(text)
    if not values["pushed"]:
        return f"Model:   not pushed: {values['reason']}"
    names = sorted(name for name in values["files"] if name.endswith("tflite"))
    path = os.path.join(values["destination"], *names[:1])
    return f"Model:   {path}{_newer(values)}"


def _newer(pushed):
    """Says that a later version has taken the place of what was pushed.

    A push that is taken from the cache pushes nothing.
    """
    folder = pathlib.Path(pushed["destination"]).parent
    versions = push.versions(folder) if folder.is_dir() else []
    if not versions or versions[-1] <= pushed["version"]:
        return ""
    return (
        f"\n         Version {versions[-1]} is newer, and is what is served. "
        "To push this one again, add --force_nodes=Pusher."
    )
