"""Writes the report from the artifacts of a run."""

import dataclasses
import pathlib

from tfkd import methods
from tfkd.components.base.executor import BaseExecutor
from tfkd.report import page
from tfkd.report import results
from tfkd.report import summary


class Executor(BaseExecutor):
    """Wires artifacts to `tfkd.report`; see `Reporter`."""

    def Do(self, input_dict, output_dict, exec_properties):
        found = {key: items[0] for key, items in input_dict.items() if items}
        run = results.read(
            {key: artifact.uri for key, artifact in found.items()},
            title=exec_properties["title"],
            artifacts=[_row(key, artifact) for key, artifact in found.items()],
        )
        run = dataclasses.replace(run, card=_card(run.trainings["student"]))
        folder = pathlib.Path(output_dict["report"][0].uri)
        self.context.report(fraction=0.2, message="drawing")
        (folder / "report.html").write_text(page.render(run), encoding="utf-8")
        (folder / "summary.txt").write_text(
            summary.render(run), encoding="utf-8"
        )


def _row(channel, artifact):
    # The last three parts, `Node/key/execution`: where the pipeline root lies
    # is no part of a run's results.
    return {
        "channel": channel,
        "type": artifact.TYPE_NAME,
        "folder": "/".join(pathlib.Path(artifact.uri).parts[-3:]),
        "id": artifact.id,
    }


def _card(training):
    method = training.get("method")
    if method not in methods.names():
        return None
    return results.card(methods.get(method).doc)
