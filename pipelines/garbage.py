"""Removes outputs that nothing needs which is kept."""

import contextlib
import glob
import json
import os
import shutil

from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines import cache
from tfkd.pipelines import fingerprint
from tfkd.pipelines import locks
from tfkd.pipelines.metadata import ArtifactState
from tfkd.pipelines.metadata import EventType
from tfkd.pipelines.metadata import ExecutionState
from tfkd.pipelines.metadata import MetadataStore

_DOOMED = (ArtifactState.LIVE, ArtifactState.MARKED_FOR_DELETION)
_FINISHED = (ExecutionState.COMPLETE, ExecutionState.CACHED)


def collect(root, metadata_path, *, keep_runs, dry_run=False):
    """Removes the directories of artifacts that only older runs have used.

    What the last finished execution of each component has read and written
    stays, however old it is: runs that failed since have made nothing to take
    its place. With them go checkpoints and logs of executions that are not
    kept. Serving directories, imported directories, records of runs and
    lineage stay. An artifact is
    marked before its directory goes and recorded as DELETED after, so that a
    collection that is cut off is finished by the next one.

    Args:
        root: The `pipeline_root`. Artifacts outside of it are left alone.
        metadata_path: Its metadata store.
        keep_runs: How many of the newest runs keep what they used; at least
            1.
        dry_run: Whether to remove nothing.

    Returns:
        Pairs of the `ArtifactRecord` that is removed, and its bytes.

    Raises:
        InputError: If `keep_runs` is below 1, or a run is using the root.
    """
    if keep_runs < 1:
        raise InputError(
            f"keep_runs must be at least 1, received {keep_runs}. To start "
            "anew, remove the pipeline_root."
        )
    root = os.path.realpath(root)
    with contextlib.ExitStack() as stack:
        if not dry_run:
            stack.enter_context(locks.hold_root(root))
        store = MetadataStore(metadata_path)
        found = [
            (item, artifact_store.size(item.uri))
            for item in _unused(store, root, keep_runs)
        ]
        if dry_run:
            return found
        _set(store, found, ArtifactState.MARKED_FOR_DELETION)
        for item, _ in found:
            shutil.rmtree(item.uri, ignore_errors=True)
        gone = [pair for pair in found if not os.path.exists(pair[0].uri)]
        _set(store, gone, ArtifactState.DELETED)
        _drop_unused_parts(root)
        _drop_unused_state(root, store, keep_runs)
    return gone


def _drop_unused_parts(root):
    """Removes kept parts of outputs that no output shares any more.

    Outputs share their files, by links; what has been copied instead, where
    there are no links, is made again when it is needed.
    """
    for folder in glob.glob(f"{glob.escape(root)}/*/.system/cache/*/*"):
        files = glob.glob(f"{glob.escape(folder)}/**", recursive=True)
        links = [
            os.stat(path).st_nlink for path in files if os.path.isfile(path)
        ]
        if max(links, default=1) == 1:
            shutil.rmtree(folder, ignore_errors=True)


def _drop_unused_state(root, store, keep_runs):
    """Removes checkpoints and logs of executions that are not kept."""
    with store.snapshot() as tx:
        keys = [
            fingerprint.cache_key(json.loads(text))
            for execution in _kept(tx, keep_runs)
            if (text := execution.custom_properties.get(cache.PARTS_PROPERTY))
        ]
    for system in glob.glob(f"{glob.escape(root)}/*/.system"):
        node_id = os.path.basename(os.path.dirname(system))
        node = artifact_store.NodeStore(root, node_id)
        for place in (node.stateful, node.logs):
            kept = {place(key) for key in keys}
            parent, name = os.path.split(place("0" * 64))
            for folder in glob.glob(f"{glob.escape(parent)}/*"):
                # Where TFX has run, folders of its own lie beside ours.
                own = len(os.path.basename(folder)) == len(name)
                if own and folder not in kept:
                    shutil.rmtree(folder, ignore_errors=True)


def _kept(tx, keep_runs):
    """Returns the executions of the newest runs, and each node's last one.

    A run that was resumed is as new as what it ran last. A node's last one is
    the last that has finished.
    """
    runs = [
        executions
        for context in tx.contexts("pipeline_run").values()
        if (executions := tx.executions([context]))
    ]
    runs.sort(key=lambda found: -max(item.id for item in found))
    last = [
        tx.executions([context], _FINISHED)[:1]
        for context in tx.contexts(cache.NODE_CONTEXT).values()
    ]
    return [item for group in (*runs[:keep_runs], *last) for item in group]


def _unused(store, root, keep_runs):
    with store.snapshot() as tx:
        kept = set()
        for execution in _kept(tx, keep_runs):
            for kind in (EventType.INPUT, EventType.OUTPUT):
                groups = tx.artifacts_of(execution.id, kind).values()
                kept |= {item.id for group in groups for item in group}
        return [
            item
            for item in tx.artifacts()
            if item.id not in kept
            and item.state in _DOOMED
            and _is_own(tx, item, root)
        ]


def _is_own(tx, artifact, root):
    """Whether an execution has made an artifact's directory, in the root.

    What an Importer names was there before, and stays its owner's.
    """
    producer = tx.producer_of(artifact.id)
    place = os.path.relpath(os.path.realpath(artifact.uri), root)
    return (
        producer is not None
        and os.pardir not in place.split(os.sep)
        and os.path.basename(place) == str(producer.id)
    )


def _set(store, pairs, state):
    with store.transaction() as tx:
        for item, _ in pairs:
            tx.set_artifact_state(item.id, state)
