"""Runs `Pusher`."""

import json
import pathlib

from tfkd.components.base.executor import BaseExecutor
from tfkd.errors import InputError
from tfkd.export import package
from tfkd.export import push


class Executor(BaseExecutor):
    """Pushes the variant if, and only if, it was blessed."""

    def Do(self, input_dict, output_dict, exec_properties):
        pushed = output_dict["pushed"][0]
        tflite = pathlib.Path(input_dict["tflite"][0].uri)
        blessing = pathlib.Path(input_dict["blessing"][0].uri)
        variant = exec_properties["variant"]
        folder = _folder(tflite, variant)
        reason = _refusal(blessing, folder, variant)
        if reason is None and "infra_blessing" in input_dict:
            infra = pathlib.Path(input_dict["infra_blessing"][0].uri)
            reason = _infra_refusal(infra, folder, variant)
        if reason is None:
            values = self._push(folder, exec_properties["serving_dir"])
        else:
            values = {"pushed": False, "reason": reason}
            self.context.report(fraction=1.0, message=f"not pushed: {reason}")
        values["variant"] = variant
        pushed.set_int_custom_property("pushed", values["pushed"])
        if values["pushed"]:
            for key in ("version", "destination"):
                pushed.set_string_custom_property(f"pushed_{key}", values[key])
        text = json.dumps(values, indent=1, sort_keys=True)
        pathlib.Path(pushed.uri, "pushed.json").write_text(text + "\n")

    def _push(self, folder, serving_dir):
        version, new = push.push(folder, serving_dir, package.FILES)
        # Whoever reads it has another working directory.
        destination = str(push.absolute(serving_dir) / str(version))
        done = "pushed to" if new else "unchanged, already at"
        self.context.report(fraction=1.0, message=f"{done} {destination}")
        return {
            "destination": destination,
            "files": {
                name: push.sha256(folder / name) for name in package.FILES
            },
            "pushed": True,
            "version": version,
        }


def _folder(tflite, variant):
    names = sorted(path.parent.name for path in tflite.glob("*/model.tflite"))
    if variant not in names:
        raise package.unknown_variant(variant, names, tflite)
    return tflite / variant


def _refusal(blessing, folder, variant):
    """Returns why this file must not be pushed, `None` if it may."""
    values = json.loads((blessing / "blessing.json").read_text())
    if not (blessing / "BLESSED").is_file():
        failed = [c["name"] for c in values["checks"] if not c["passed"]]
        why = f"failed {', '.join(failed)}" if failed else values["message"]
        return f"the Evaluator did not bless this model ({why})"
    _check_judged(values["sha256"].get(variant), folder, "Evaluator")
    return None


def _infra_refusal(infra, folder, variant):
    """Returns why the phone side refuses this file, `None` if it does not."""
    values = json.loads((infra / "infra_validation.json").read_text())
    judged = values["files"][values["variant"]]["sha256"]
    if values["variant"] != variant:
        judged = None
    _check_judged(judged, folder, "InfraValidator")
    if (infra / "INFRA_BLESSED").is_file():
        return None
    failed = [c["name"] for c in values["checks"] if not c["passed"]]
    why = f"failed {', '.join(failed)}" if failed else values["message"]
    return f"the InfraValidator did not bless this file ({why})"


def _check_judged(sha256, folder, judge):
    if sha256 != push.sha256(folder / "model.tflite"):
        raise InputError(
            "A blessing counts for the file that was judged: variant "
            f"{folder.name!r} has another SHA-256 than the one that the "
            f"{judge} has judged. Connect Pusher and {judge} to the same "
            "TFLiteExporter, with the same variant."
        )
