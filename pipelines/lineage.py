"""What the launcher writes to the metadata store, one step a function."""

import json
import uuid

import tfkd
from tfkd.pipelines import artifact_store
from tfkd.pipelines import cache
from tfkd.pipelines import fingerprint
from tfkd.pipelines import locks
from tfkd.pipelines.metadata import ArtifactState
from tfkd.pipelines.metadata import EventType
from tfkd.pipelines.metadata import ExecutionState
from tfkd.pipelines.metadata import TypeKind

_LEASE = "tfkd_lease"
_ERROR = "tfkd_error"
_NODE = "tfkd_node"
_FINISHED = (ExecutionState.COMPLETE, ExecutionState.CACHED)


class Lineage:
    """The record of one run of one pipeline.

    Args:
        store: A `MetadataStore`.
        pipeline: The `Pipeline`.
        run_id: Name of the run.

    Attributes:
        pipeline: The `Pipeline`.
    """

    def __init__(self, store, pipeline, run_id):
        self._store = store
        self.pipeline = pipeline
        self._run_id = run_id
        with store.transaction() as tx:
            self._pipeline_context = tx.put_context(
                "pipeline", pipeline.pipeline_name
            )
            self._run_context = tx.put_context("pipeline_run", run_id)

    def outputs_in_run(self, node_id):
        """Returns a component's outputs: key to list of `ArtifactRecord`."""
        name = cache.node_name(self.pipeline, node_id)
        with self._store.snapshot() as tx:
            node = tx.context_id(cache.NODE_CONTEXT, name)
            found = node and tx.executions([self._run_context, node], _FINISHED)
            return tx.artifacts_of(found[0].id) if found else {}

    def begin(self, component, look_up, inputs, min_id):
        """Records a RUNNING execution of this process; returns its id."""
        with self._store.transaction() as tx:
            id = self._put(
                tx, component, ExecutionState.RUNNING, look_up, inputs, min_id
            )
            context = tx.put_context(cache.CACHE_CONTEXT, look_up.key)
            tx.associate(context, id)
            return id

    def reuse(self, component, look_up, inputs):
        """Records a CACHED execution; returns its id."""
        with self._store.transaction() as tx:
            id = self._put(
                tx, component, ExecutionState.CACHED, look_up, inputs, 1
            )
            for key, artifacts in look_up.outputs.items():
                for index, artifact in enumerate(artifacts):
                    tx.attribute(self._run_context, artifact.id)
                    tx.put_event(artifact.id, id, EventType.OUTPUT, key, index)
            return id

    def _put(self, tx, component, state, look_up, inputs, min_id):
        node = tx.put_context(
            cache.NODE_CONTEXT, cache.node_name(self.pipeline, component.id)
        )
        properties = {
            key: value
            if isinstance(value, (bool, int, float, str))
            else json.dumps(value, sort_keys=True)
            for key, value in component.exec_properties.items()
            if value is not None
        }
        properties |= {
            _NODE: component.id,
            _LEASE: json.dumps(locks.lease()),
            cache.PARTS_PROPERTY: json.dumps(look_up.parts, sort_keys=True),
            "tfkd_version": tfkd.__version__,
            "tfkd_strategy": self.pipeline.strategy,
        }
        id = tx.put_execution(
            look_up.parts["component"],
            state,
            str(uuid.uuid4()),
            properties,
            [self._pipeline_context, self._run_context, node],
            min_id,
            component.spec.TYPE_ANNOTATION,
        )
        for key, artifacts in inputs.items():
            for index, artifact in enumerate(artifacts):
                tx.put_event(artifact.id, id, EventType.INPUT, key, index)
        return id

    def complete(self, component, execution_id, artifacts, before_commit):
        """Records the outputs, LIVE, and the execution as COMPLETE, at once.

        Args:
            component: The component.
            execution_id: What `begin` returned.
            artifacts: Output key to an `Artifact`, which gets its id.
            before_commit: Called when all is written and nothing committed.
        """
        prefix = f"{self.pipeline.pipeline_name}:{self._run_id}:{component.id}"
        with self._store.transaction() as tx:
            node = tx.put_context(
                cache.NODE_CONTEXT,
                cache.node_name(self.pipeline, component.id),
            )
            for key, artifact in artifacts.items():
                kind = type(artifact)
                type_id = tx.put_type(
                    TypeKind.ARTIFACT,
                    kind.TYPE_NAME,
                    kind.PROPERTIES,
                    kind.BASE_TYPE,
                )
                artifact.id = tx.put_artifact(
                    type_id,
                    artifact.uri,
                    f"{prefix}:{key}:{execution_id}",
                    artifact.properties,
                    {"producer_component": component.id}
                    | artifact.custom_properties,
                    [self._pipeline_context, self._run_context, node],
                )
                tx.put_event(artifact.id, execution_id, EventType.OUTPUT, key)
            tx.set_execution_state(execution_id, ExecutionState.COMPLETE)
            before_commit()

    def end(self, execution_id, state, error):
        """Records that an execution FAILED or was CANCELED, and why."""
        with self._store.transaction() as tx:
            text = f"{type(error).__name__}: {error}"[:2000]
            tx.set_execution_state(execution_id, state, {_ERROR: text})

    def abandon_dead(self, cache_key=None):
        """Marks RUNNING executions whose process died as FAILED.

        Args:
            cache_key: If given, the executions with this key: the caller
                holds their lock, so that all of them must be dead.

        Returns:
            Pairs of component id and execution id.
        """
        with self._store.snapshot() as tx:
            contexts = [self._pipeline_context]
            if cache_key is not None:
                contexts = [tx.context_id(cache.CACHE_CONTEXT, cache_key)]
            running = (
                tx.executions(contexts, [ExecutionState.RUNNING])
                if contexts != [None]
                else []
            )
        dead = []
        for execution in running:
            properties = execution.custom_properties
            if _NODE not in properties or (
                cache_key is None and self._is_alive(properties)
            ):
                continue
            error = RuntimeError("its process died (abandoned)")
            self.end(execution.id, ExecutionState.FAILED, error)
            dead.append((properties[_NODE], execution.id))
        return dead

    def _is_alive(self, properties):
        """Says whether the process of an execution still works on it."""
        if locks.is_alive(json.loads(properties.get(_LEASE, "{}"))):
            return True
        # Another container may have this host's name, and processes that are
        # not seen from here; the lock is.
        parts = json.loads(properties.get(cache.PARTS_PROPERTY, "null"))
        root = self.pipeline.pipeline_root
        store = artifact_store.NodeStore(root, properties[_NODE])
        return locks.is_held(store.lock(fingerprint.cache_key(parts)))

    def mark_deleted(self, artifact_ids):
        """Records artifacts as DELETED, so that nothing reuses them."""
        with self._store.transaction() as tx:
            for id in artifact_ids:
                tx.set_artifact_state(id, ArtifactState.DELETED)

    def is_registered(self, uri):
        """Says whether any artifact has this URI."""
        with self._store.snapshot() as tx:
            return tx.is_registered(uri)
