"""What all runners share: checks, locks, signals, and the result."""

import contextlib
import datetime
import time

from tfkd.errors import unknown
from tfkd.pipelines import artifact_store
from tfkd.pipelines import fingerprint
from tfkd.pipelines import interrupts
from tfkd.pipelines import locks
from tfkd.pipelines.launcher import Launcher
from tfkd.pipelines.metadata import MetadataStore
from tfkd.pipelines.progress import ProgressView
from tfkd.pipelines.results import RunResult


class DagRunner:
    """Base of the runners: subclasses implement `_walk`.

    Args:
        progress: A `ProgressView`; by default nothing is shown.
        force_nodes: Ids of components that must not be taken from the cache.
        finished_nodes: Ids of components that must be found in it.
        timeouts: Component id to the seconds that it may take; None for
            all that are not named.

    Runs on the same `pipeline_root` at the same time wait for each other
    component by component, where they do the same work.
    """

    def __init__(
        self,
        *,
        progress=None,
        force_nodes=(),
        finished_nodes=(),
        timeouts=None,
    ):
        self.progress = progress or ProgressView(quiet=True)
        self.force_nodes = tuple(force_nodes)
        self.finished_nodes = tuple(finished_nodes)
        self.timeouts = dict(timeouts or {})

    def run(self, pipeline, run_id=None):
        """Runs a pipeline.

        Args:
            pipeline: The `Pipeline`.
            run_id: Name of the run; by default the time.

        Returns:
            A `RunResult`, if all components finished.

        Raises:
            InputError: If `pipeline_root` or the metadata cannot be used, or
                a package that a component needs is missing.
            Exception: What the first failed component raised, after all
                that do not wait for it have run. Its attribute `run_result`
                is the `RunResult`.
        """
        for id in self.force_nodes:
            if id not in pipeline.node_ids:
                raise unknown("component", id, pipeline.node_ids)
        fingerprint.check_packages(pipeline.components)
        now = datetime.datetime.now()
        run_id = run_id or now.strftime("%Y%m%d-%H%M%S.%f")
        started = time.monotonic()
        artifact_store.check_root(pipeline.pipeline_root)
        with contextlib.ExitStack() as stack:
            stack.enter_context(locks.share_root(pipeline.pipeline_root))
            launcher = self._launcher(pipeline, run_id)
            launcher.recover()
            stack.enter_context(interrupts.sigterm_raises())
            stack.enter_context(self.progress.showing(pipeline.node_ids))
            try:
                self._walk(launcher)
            except (KeyboardInterrupt, interrupts.Terminated) as error:
                launcher.cancel(error)
            if launcher.interrupt is not None:
                interrupts.kill_children()
                raise launcher.interrupt
        nodes = {id: launcher.results[id] for id in pipeline.node_ids}
        result = RunResult(run_id, nodes, time.monotonic() - started)
        for error in launcher.errors.values():
            error.run_result = result
            raise error
        return result

    def _launcher(self, pipeline, run_id):
        store = MetadataStore(pipeline.metadata_path)
        return Launcher(
            pipeline,
            store,
            run_id,
            self.progress,
            self.force_nodes,
            self.finished_nodes,
            self.timeouts,
        )

    def _walk(self, launcher):
        """Calls `launcher.launch` for every component, in order."""
        raise NotImplementedError
