"""Runs one component: cache, staging, executor, commit."""

import copy
import dataclasses
import faulthandler
import functools
import os
import shutil
import sys
import threading
import time

from tfkd.components.base.executor import ExecutorContext
from tfkd.components.base.system_node import SystemNode
from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines import cache
from tfkd.pipelines import fingerprint
from tfkd.pipelines import interrupts
from tfkd.pipelines import lineage
from tfkd.pipelines import locks
from tfkd.pipelines import results
from tfkd.pipelines import system_nodes
from tfkd.pipelines.crash_points import crash_at
from tfkd.pipelines.metadata import ExecutionState

_INTERRUPTS = (KeyboardInterrupt, interrupts.Terminated)


@dataclasses.dataclass
class _Work:
    """One execution on its way from RUNNING to its end."""

    component: object
    found: cache.Lookup
    inputs: dict
    execution_id: int
    store: artifact_store.NodeStore
    thread: int


class Launcher:
    """Launches the components of one run; each of them once.

    A second launch of a component returns the first one's result, so a
    runner that retries never trains twice.

    Args:
        pipeline: The `Pipeline`.
        store: Its `MetadataStore`.
        run_id: Name of the run.
        progress: Told by `started`, `reported` and `ended`.
        force_nodes: Ids of components that must not be reused.
        finished_nodes: Ids of components that must be reused.
        timeouts: Component id to the seconds that it may take; None for
            all that are not named.

    Attributes:
        results: Component id to `NodeResult`.
        errors: Component id to the exception that it ended with.
        interrupt: The `KeyboardInterrupt` or `Terminated` that arrived.
    """

    def __init__(
        self,
        pipeline,
        store,
        run_id,
        progress,
        force_nodes=(),
        finished_nodes=(),
        timeouts=None,
    ):
        self.pipeline = pipeline
        self.results = {}
        self.errors = {}
        self._store = store
        self._lineage = lineage.Lineage(store, pipeline, run_id)
        self._progress = progress
        self._force = frozenset(force_nodes)
        self._finished = frozenset(finished_nodes)
        self._timeouts = dict(timeouts or {})
        self.interrupt = None
        self._running = {}
        self._mutex = threading.Lock()

    def recover(self):
        """Clears up after runs that died: nothing of theirs stays RUNNING."""
        self._clear(self._lineage.abandon_dead())

    def _clear(self, dead):
        for node_id, execution_id in dead:
            store = artifact_store.NodeStore(
                self.pipeline.pipeline_root, node_id
            )
            # Renamed but not committed: no artifact knows the directory.
            keys = [
                key
                for key in _folders(store.path)
                if not self._lineage.is_registered(
                    store.output(key, execution_id)
                )
            ]
            store.discard(execution_id, keys)

    def launch(self, node_id):
        """Runs, reuses or skips a component; never raises its errors.

        Returns:
            A `NodeResult`; a failure's exception is in `errors`.
        """
        with self._mutex:
            if node_id in self.results:
                return self.results[node_id]
        started = time.monotonic()
        skip = self._reason_to_skip(node_id)
        if skip:
            result = results.NodeResult(node_id, results.SKIPPED, message=skip)
        else:
            self._progress.started(node_id)
            result = self._attempt(node_id)
        result.seconds = time.monotonic() - started
        with self._mutex:
            self.results[node_id] = result
        self._progress.ended(result)
        return result

    def _attempt(self, node_id):
        """Returns a `NodeResult` whatever happens; keeps the exception."""
        try:
            return self._launch(self.pipeline.node(node_id))
        except _INTERRUPTS as error:
            # Beam would wrap it in an error of its own.
            self.interrupt = self.interrupt or error
            message = "it was canceled"
        except (Exception, SystemExit) as error:
            error = self._explained(node_id, error)
            self.errors[node_id] = error
            message = str(error)
        return results.NodeResult(node_id, results.FAILED, message=message)

    def _reason_to_skip(self, node_id):
        if self.interrupt is not None:
            return "the run was canceled"
        for id in self.pipeline.upstream_of(node_id):
            if id in self.results and not self.results[id].ok:
                return f"{id} did not finish"
        return None

    def _explained(self, node_id, error):
        """Names the component in an error; a full disk is a user's."""
        if isinstance(error, SystemExit):
            cause = error
            error = RuntimeError(
                f"Code has called sys.exit({cause.code!r}) within the "
                "component; it must return or raise an exception."
            )
            error.__cause__ = cause
        if artifact_store.is_disk_full(error):
            cause = error
            error = artifact_store.disk_full(self.pipeline.pipeline_root)
            error.__cause__ = cause
        if isinstance(error, InputError):
            error.args = (f"{node_id}: {error}", *error.args[1:])
        else:
            error.add_note(f"While running the component {node_id!r}.")
        return error

    def _launch(self, component):
        crash_at("driver", component.id)
        inputs = self._inputs(component)
        digests = {
            key: [
                artifact.custom_properties[cache.DIGEST_PROPERTY]
                for artifact in artifacts
            ]
            for key, artifacts in inputs.items()
        }
        if isinstance(component, SystemNode):
            return system_nodes.launch(
                self._store, self._lineage, component, inputs, digests
            )
        found = cache.fingerprinted(self.pipeline, component, digests)
        store = artifact_store.NodeStore(
            self.pipeline.pipeline_root, component.id
        )
        force = component.id in self._force
        # An identical run waits here, and then finds what the first made.
        waiting = functools.partial(self._wait, component.id)
        with locks.hold(store.lock(found.key), waiting=waiting):
            cache.search(found, self._store, self.pipeline, component, force)
            if found.outputs is not None:
                id = self._lineage.reuse(component, found, inputs)
                return _result(component, results.CACHED, id, found)
            if component.id in self._finished:
                raise unfinished(component.id, found.reason)
            self._lineage.mark_deleted(item.id for item, _ in found.damaged)
            self._clear(self._lineage.abandon_dead(found.key))
            if force:
                _remove(store.stateful(found.key))
            return self._execute(component, found, inputs, store)

    def _wait(self, node_id, holder):
        self._stop_if_cancelled()
        process = f"process {holder.get('pid')} on {holder.get('host')}"
        self._progress.reported(
            node_id, {"message": f"waits for {process}, which is making it"}
        )

    def _inputs(self, component):
        """Returns input key to a list of one `Artifact`."""
        inputs = {}
        for key, channel in component.inputs.items():
            outputs = self._lineage.outputs_in_run(channel.producer.id)
            inputs[key] = []
            # A Resolver may have found nothing.
            for record in outputs.get(channel.key, ()):
                artifact = channel.type(record.uri, record.id)
                artifact.properties = dict(record.properties)
                artifact.custom_properties = dict(record.custom_properties)
                inputs[key].append(artifact)
            component.check_input(key, inputs[key])
        return inputs

    def _execute(self, component, found, inputs, store):
        keys = list(component.outputs)
        execution_id = self._lineage.begin(
            component, found, inputs, store.next_execution_id(keys)
        )
        thread = threading.get_ident()
        work = _Work(component, found, inputs, execution_id, store, thread)
        self._running[component.id] = work
        limits = self._timeouts
        seconds = limits.get(component.id, limits.get(None))
        give_up = functools.partial(self._give_up, work, seconds)
        try:
            with interrupts.limit(seconds, give_up):
                self._do_and_commit(work)
        except BaseException as error:
            if isinstance(error, interrupts.TimedOut):
                error.args = (_timed_out(component.id, seconds),)
            self._end(work, error)
            raise
        self._running.pop(component.id, None)
        store.discard(execution_id)
        _remove(store.stateful(found.key))
        return _result(component, results.EXECUTED, execution_id, found, store)

    def _do_and_commit(self, work):
        node_id = work.component.id
        outputs = self._do(work)
        crash_at("before_rename", node_id)
        self._stop_if_cancelled()
        for key, artifact in outputs.items():
            artifact.uri, digest = work.store.publish(key, work.execution_id)
            artifact.custom_properties[cache.DIGEST_PROPERTY] = digest
        crash_at("before_commit", node_id)
        self._lineage.complete(
            work.component,
            work.execution_id,
            outputs,
            lambda: crash_at("in_commit", node_id),
        )

    def _do(self, work):
        """Runs the executor; returns output key to `Artifact`, staged."""
        component, store = work.component, work.store
        staged = store.stage(component.outputs, work.execution_id)
        outputs = {
            key: component.outputs[key].type(path)
            for key, path in staged.items()
        }
        context = ExecutorContext(
            node_id=component.id,
            tmp_dir=store.tmp(work.execution_id),
            stateful_dir=store.stateful(work.found.key),
            cache_dir=store.cache(fingerprint.code_key(work.found.parts)),
            log_dir=store.logs(work.found.key),
            beam_pipeline_args=(
                *self.pipeline.beam_pipeline_args,
                *component.beam_pipeline_args,
            ),
            strategy=self.pipeline.strategy,
            report=functools.partial(self._report, component.id),
        )
        os.makedirs(context.stateful_dir, exist_ok=True)
        os.makedirs(context.log_dir, exist_ok=True)
        executor = component.executor_class()(context)
        executor.Do(
            work.inputs,
            {key: [artifact] for key, artifact in outputs.items()},
            copy.deepcopy(component.exec_properties),
        )
        crash_at("executor", component.id)
        return outputs

    def _report(self, node_id, **values):
        crash_at("executor", node_id)
        self._stop_if_cancelled()
        self._progress.reported(node_id, values)

    def _stop_if_cancelled(self):
        if self.interrupt is not None:
            raise self.interrupt

    def _end(self, work, error):
        """Removes what an execution wrote, records how it ended.

        Space is freed first: on a full disk nothing could be recorded.
        """
        self._running.pop(work.component.id, None)
        stopped = isinstance(error, _INTERRUPTS)
        state = ExecutionState.CANCELED if stopped else ExecutionState.FAILED
        keys = [
            key
            for key in work.component.outputs
            if not self._lineage.is_registered(
                work.store.output(key, work.execution_id)
            )
        ]
        work.store.discard(work.execution_id, keys)
        self._lineage.end(work.execution_id, state, error)

    def _give_up(self, work, seconds):
        """Ends this process: the component hangs where nothing reaches it."""
        text = _timed_out(work.component.id, seconds)
        self._end(work, interrupts.TimedOut(text))
        faulthandler.dump_traceback(sys.stderr)
        print(
            f"tfkd: {text} It hung where the lines above show, and could be "
            "stopped only with the whole run.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(1)

    def cancel(self, error):
        """Ends what still runs in other threads as CANCELED.

        Args:
            error: Becomes `interrupt`.
        """
        self.interrupt = error
        for work in list(self._running.values()):
            self._end(work, error)
            if work.thread != threading.get_ident():
                interrupts.raise_in(work.thread, type(error))


def unfinished(node_id, reason):
    """Returns the error for a component that --from_nodes takes as done."""
    return InputError(
        "what comes before --from_nodes must be finished already, and "
        f"{node_id} is not: {reason}. Leave out --from_nodes, or name "
        f"{node_id} there."
    )


def _timed_out(node_id, seconds):
    return (
        f"{node_id} took longer than timeout_s={seconds:g}. What it had saved "
        "is kept: run again, with more time "
        f"(--timeout_s={node_id}=SECONDS) where it did not hang."
    )


def _result(component, state, execution_id, found, store=None):
    if store is None:
        outputs = {key: items[0].uri for key, items in found.outputs.items()}
    else:
        outputs = {
            key: store.output(key, execution_id) for key in component.outputs
        }
    return results.NodeResult(
        component.id, state, execution_id, outputs, message=found.reason
    )


def _remove(path):
    shutil.rmtree(path, ignore_errors=True)


def _folders(path):
    try:
        return [name for name in os.listdir(path) if not name.startswith(".")]
    except FileNotFoundError:
        return []
