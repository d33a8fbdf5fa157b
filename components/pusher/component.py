"""Declares `Pusher`."""

import json
import pathlib
import re

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError
from tfkd.export import push


class PusherSpec(ComponentSpec):
    """Channels and parameters of `Pusher`."""

    PARAMETERS = {
        "serving_dir": ExecutionParameter(str),
        "variant": ExecutionParameter(str, optional=True, default="int8"),
    }
    INPUTS = {
        "tflite": ChannelParameter(artifacts.TFLiteModel),
        "blessing": ChannelParameter(artifacts.ModelBlessing),
        "infra_blessing": ChannelParameter(
            artifacts.InfraBlessing, optional=True
        ),
    }
    OUTPUTS = {"pushed": ChannelParameter(artifacts.PushedModel)}
    TYPE_ANNOTATION = "Deploy"


class Pusher(BaseComponent):
    """Copies a blessed model to `<serving_dir>/<version>/`, atomically.

    An unblessed model is not pushed; the run goes on and `pushed.json` says
    why.

    Args:
        tflite: `TFLiteModel` to take the variant from.
        blessing: `ModelBlessing` of that model.
        infra_blessing: `InfraBlessing` of the same file; without it, only the
            answers of the model are judged.
        serving_dir: Directory of versions; may start with `~`, and a relative
            one counts from the working directory.
        variant: Folder of `tflite` to push.

    Raises:
        InputError: If `serving_dir` is empty, or `variant` is no name of a
            student's variant.
    """

    SPEC_CLASS = PusherSpec
    EXECUTOR = "tfkd.components.pusher.executor.Executor"

    def __init__(
        self,
        *,
        tflite,
        blessing,
        serving_dir,
        variant="int8",
        infra_blessing=None,
    ):
        super().__init__(
            PusherSpec(
                tflite=tflite,
                blessing=blessing,
                infra_blessing=infra_blessing,
                serving_dir=serving_dir,
                variant=variant,
            )
        )
        variant = self.exec_properties["variant"]
        if not self.exec_properties["serving_dir"].strip():
            raise InputError(
                "Pusher.serving_dir must name a directory, received an empty "
                "string. Give one, or leave the Pusher out."
            )
        if variant in ("teacher", "control") or not re.fullmatch(
            r"[a-z][a-z0-9_]*", variant
        ):
            raise InputError(
                "Pusher.variant must name a variant of the student, such as "
                f"'int8' or 'float32', received {variant!r}."
            )

    def undone(self, outputs):
        """Says whether the pushed version is gone or was changed."""
        path = pathlib.Path(outputs["pushed"], "pushed.json")
        values = json.loads(path.read_text(encoding="utf-8"))
        if not values["pushed"]:
            return ""
        folder = pathlib.Path(values["destination"])
        for name, digest in values["files"].items():
            if not (folder / name).is_file():
                return f"{folder / name} is gone"
            if push.sha256(folder / name) != digest:
                return f"{folder / name} was changed"
        return ""
