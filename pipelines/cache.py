"""Looks for a finished execution that a component can reuse."""

import dataclasses
import json

from tfkd.pipelines import artifact_store
from tfkd.pipelines import fingerprint
from tfkd.pipelines.metadata import ArtifactState
from tfkd.pipelines.metadata import ExecutionState

PARTS_PROPERTY = "tfkd_cache_parts"
DIGEST_PROPERTY = "tfkd_digest"
NODE_CONTEXT = "node"
CACHE_CONTEXT = "execution_cache"


def node_name(pipeline, node_id):
    """Returns the name of a component's `node` context, as TFX has it."""
    return f"{pipeline.pipeline_name}.{node_id}"


@dataclasses.dataclass
class Lookup:
    """What was found in the cache.

    Attributes:
        key: The cache key.
        parts: What the key is made of.
        outputs: Output key to a list of `ArtifactRecord`; None on a miss.
        damaged: Pairs of an `ArtifactRecord` and what is wrong with it.
        undone: What else of a finished execution is gone, in words.
        reason: Why it missed, in words; empty on a hit.
    """

    key: str
    parts: dict
    outputs: dict | None = None
    damaged: list = dataclasses.field(default_factory=list)
    undone: str = ""
    reason: str = ""


def fingerprinted(pipeline, component, input_digests):
    """Returns a `Lookup` that has a key, and has not looked yet.

    Args:
        pipeline: The `Pipeline`.
        component: One of its components.
        input_digests: Input key to a list of content digests.
    """
    parts = fingerprint.key_parts(
        pipeline.pipeline_name, component, input_digests
    )
    return Lookup(fingerprint.cache_key(parts), parts)


def search(found, store, pipeline, component, force=False):
    """Finds a COMPLETE execution of the same key whose outputs are whole.

    Nothing is written to disk; `found` is filled in.

    Args:
        found: What `fingerprinted` returned.
        store: A `MetadataStore`, or None if there is none yet.
        pipeline: The `Pipeline`.
        component: One of its components.
        force: Whether to miss in any case.
    """
    if force:
        found.reason = "it was forced to run"
    elif not pipeline.enable_cache:
        found.reason = "the cache is switched off"
    elif store is None:
        found.reason = fingerprint.explain(None, found.parts)
    else:
        _search(store, component, found)
        if found.outputs is None:
            found.reason = _reason(store, pipeline, component, found)


def _search(store, component, found):
    for outputs in _finished(store, found.key):
        artifacts = [item for group in outputs.values() for item in group]
        if set(outputs) != set(component.outputs) or any(
            item.state != ArtifactState.LIVE for item in artifacts
        ):
            continue
        damaged = [
            (item, what)
            for item in artifacts
            if (
                what := artifact_store.damage(
                    item.uri, item.custom_properties.get(DIGEST_PROPERTY)
                )
            )
        ]
        found.damaged += damaged
        if not damaged:
            folders = {key: items[0].uri for key, items in outputs.items()}
            found.undone = component.undone(folders)
            if not found.undone:
                found.outputs = outputs
                return


def _finished(store, key):
    """Returns the outputs of every COMPLETE execution of a key."""
    with store.snapshot() as tx:
        context = tx.context_id(CACHE_CONTEXT, key)
        if context is None:
            return []
        executions = tx.executions([context], [ExecutionState.COMPLETE])
        return [tx.artifacts_of(execution.id) for execution in executions]


def _reason(store, pipeline, component, found):
    if found.damaged:
        artifact, what = found.damaged[0]
        return f"its output {artifact.uri} is damaged: {what}"
    if found.undone:
        return found.undone
    with store.snapshot() as tx:
        context = tx.context_id(NODE_CONTEXT, node_name(pipeline, component.id))
        executions = (
            tx.executions([context], [ExecutionState.COMPLETE])
            if context is not None
            else []
        )
    old = None
    if executions:
        text = executions[0].custom_properties.get(PARTS_PROPERTY, "null")
        old = json.loads(text)
    return fingerprint.explain(old, found.parts)
