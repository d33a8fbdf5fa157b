"""Runs the DAG as a Beam pipeline: one element a component.

The components of one level are elements of one PCollection, and a level
waits for the results of those before it, which are its side input. Beam
carries ids and plain results. The live `Launcher` is found by a token in
`_LAUNCHERS`, a dictionary of this process: so the DAG itself always runs on
Beam's in-process runner, while `beam_pipeline_args` (Flink, Dataflow, worker
processes) go to the data-parallel work within the components.

That runner takes the elements of a level one after the other. Threads are no
way to run them side by side: Keras' seed, dtype policy and names are global to
a process, so what a training gives would depend on what runs beside it.
Processes are one: the command, started for each of two components on one root,
as `docs/guides/production.md` shows. In the quickstart that can save at most 8
of 80 seconds, less 5 for another import of TensorFlow; so the runner does not
do it by itself.
"""

import dataclasses
import uuid

from tfkd.pipelines.runners.base import DagRunner

_LAUNCHERS = {}


class BeamDagRunner(DagRunner):
    """Runs the DAG on Beam's FnApiRunner, in this process."""

    def _walk(self, launcher):
        token = uuid.uuid4().hex
        _LAUNCHERS[token] = launcher
        try:
            _run(launcher.pipeline.levels, token)
        finally:
            del _LAUNCHERS[token]


def launch(node_id, earlier, token):
    """Launches a component; called by Beam.

    Args:
        node_id: The component's id.
        earlier: Results of all levels before: what makes Beam wait for them.
        token: Key of the live `Launcher`.

    Returns:
        The `NodeResult` as a dict. A failure is a result like any other, so
        that its exception is raised by the driver, not out of Beam's frames.
    """
    del earlier
    return dataclasses.asdict(_LAUNCHERS[token].launch(node_id))


def _run(levels, token):
    import apache_beam as beam

    from tfkd.components.base import beam as base_beam

    with base_beam.pipeline() as root:
        done = root | "Start" >> beam.Create([], reshuffle=False)
        for number, ids in enumerate(levels):
            results = (
                root
                | f"Level{number}" >> beam.Create(ids)
                | f"Reshuffle{number}" >> beam.Reshuffle()
                | f"Launch{number}"
                >> beam.Map(launch, beam.pvalue.AsList(done), token)
            )
            done = (done, results) | f"Done{number}" >> beam.Flatten()
