"""What Resolver and Importer name, looked up in the metadata store."""

import dataclasses
import hashlib

from tfkd.components.base.importer import Importer
from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines import cache
from tfkd.pipelines import results
from tfkd.pipelines.metadata import ArtifactState
from tfkd.pipelines.metadata import EventType

_PIPELINE = "pipeline"
_PRODUCER = "producer_component"


def launch(store, lineage, component, inputs, input_digests):
    """Records what a node names as its outputs in this run.

    Args:
        store: A `MetadataStore`.
        lineage: The `Lineage` of the run.
        component: A `SystemNode`.
        inputs: Input key to a list of `Artifact`s.
        input_digests: Input key to a list of their content digests.

    Returns:
        A `NodeResult`: cached, or executed where a directory was imported.
    """
    found = look_up(store, lineage.pipeline, component, input_digests)
    lineage.mark_deleted(record.id for record, _ in found.damaged)
    if found.outputs is not None:
        state = results.CACHED
        id = lineage.reuse(component, found, inputs)
        named = found.outputs
    else:
        state = results.EXECUTED
        id = lineage.begin(component, found, inputs, min_id=1)
        artifact = component.artifact
        named = {component.output_key: [artifact]}
        lineage.complete(
            component, id, {component.output_key: artifact}, lambda: None
        )
    outputs = {key: items[0].uri for key, items in named.items() if items}
    return results.NodeResult(
        component.id, state, id, outputs, message=found.reason
    )


def look_up(store, pipeline, component, input_digests):
    """Returns a `cache.Lookup` of what a node names.

    Its `outputs` are None where an Importer must record a new artifact, which
    then has its digest.

    Args:
        store: A `MetadataStore`, or None if there is none yet.
        pipeline: The `Pipeline`.
        component: A `SystemNode` of it.
        input_digests: Input key to a list of content digests.

    Raises:
        InputError: If an Importer's directory holds links, or cannot be read.
    """
    kind = type(component)
    parts = {"component": f"{kind.__module__}.{kind.__qualname__}"}
    found = cache.Lookup("", parts)
    if isinstance(component, Importer):
        _import(store, pipeline, component, found)
    else:
        unwanted = set(input_digests.get("not_made_of", ()))
        _resolve(store, pipeline, component, found, unwanted)
    return found


def _import(store, pipeline, component, found):
    artifact = component.artifact
    digest = artifact_store.content_digest(_files(component.source_uri))
    artifact.custom_properties[cache.DIGEST_PROPERTY] = digest
    found.key = hashlib.sha256(f"{component.id}:{digest}".encode()).hexdigest()
    known = [
        record
        for record in _artifacts(store, pipeline, type(artifact).TYPE_NAME)
        if record.state == ArtifactState.LIVE
        and record.uri == component.source_uri
    ]
    same = [r for r in known if _is(r, artifact)]
    if component.reimport:
        found.reason = "reimport is set"
    elif same:
        found.outputs = {component.output_key: same[:1]}
    elif known:
        found.reason = f"the content of {component.source_uri} has changed"
    else:
        found.reason = f"{component.source_uri} has not been imported before"


def _files(directory):
    try:
        return artifact_store.list_files(directory)
    except (OSError, ValueError) as error:
        raise InputError(
            f"An Importer's directory must hold readable files, {directory} "
            f"does not: {error} Copy what it needs to a place of its own."
        ) from error


def _is(record, artifact):
    """Whether a record has an artifact's content and properties."""
    own = artifact.custom_properties.items()
    return record.properties == artifact.properties and (
        own <= record.custom_properties.items()
    )


def _resolve(store, pipeline, component, found, unwanted):
    candidates = {
        key: [
            record
            for record in _artifacts(store, pipeline, channel.type.TYPE_NAME)
            if channel.producer_component_id
            in (None, record.custom_properties.get(_PRODUCER))
        ]
        for key, channel in component.wanted.items()
    }
    while True:
        found.outputs = component.strategy.resolve_artifacts(candidates)
        bad = _first_bad(store, found, unwanted)
        if bad is None:
            break
        candidates = {
            key: [_without(record, bad) for record in records]
            for key, records in candidates.items()
        }
    named = [r.uri for records in found.outputs.values() for r in records]
    found.reason = f"names {', '.join(named)}" if named else "names nothing yet"


def _first_bad(store, found, unwanted):
    """Returns a chosen artifact that cannot be used; notes what is damaged."""
    for records in found.outputs.values():
        for record in records:
            digest = record.custom_properties.get(cache.DIGEST_PROPERTY)
            what = artifact_store.damage(record.uri, digest)
            if what:
                found.damaged.append((record, what))
                return record
            if unwanted & _made_of(store, record):
                return record
    return None


def _without(record, bad):
    if record.id != bad.id:
        return record
    return dataclasses.replace(record, state=ArtifactState.DELETED)


def _made_of(store, artifact):
    """Returns the digests of an artifact and of all that it was made of."""
    digests, seen, queue = set(), set(), [artifact]
    with store.snapshot() as tx:
        while queue:
            record = queue.pop()
            if record.id in seen:
                continue
            seen.add(record.id)
            digests.add(record.custom_properties.get(cache.DIGEST_PROPERTY))
            producer = tx.producer_of(record.id)
            if producer is not None:
                inputs = tx.artifacts_of(producer.id, EventType.INPUT)
                queue += [item for items in inputs.values() for item in items]
    return digests


def _artifacts(store, pipeline, type_name):
    """Returns a pipeline's artifacts of a type, newest first."""
    if store is None:
        return []
    with store.snapshot() as tx:
        context = tx.context_id(_PIPELINE, pipeline.pipeline_name)
        found = [] if context is None else tx.artifacts(context)
    return [r for r in reversed(found) if r.type_name == type_name]
