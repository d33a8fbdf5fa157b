"""What a metadata store tells: runs, artifacts, and where a file came from."""

import contextlib
import dataclasses
import hashlib
import json
import os

from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines.metadata.records import ArtifactState
from tfkd.pipelines.metadata.records import EventType
from tfkd.pipelines.metadata.records import ExecutionState
from tfkd.pipelines.metadata.store import MetadataStore

FILE = "metadata.sqlite"
# What the launcher adds to a component's own parameters.
_OWN = "tfkd_"


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a pipeline.

    Attributes:
        run_id: Its name.
        started: Milliseconds since 1970, of its first execution.
        ended: Likewise, of the last change of an execution.
        states: Component id to the name of its state, such as `COMPLETE`.
    """

    run_id: str
    started: int
    ended: int
    states: dict


@dataclasses.dataclass(frozen=True)
class Origin:
    """An artifact, and what it was made from.

    Attributes:
        artifact: Its `ArtifactRecord`.
        node_id: The component that made it; empty where nothing is recorded.
        run_id: The run in which that was; likewise.
        parameters: The component's parameters.
        inputs: Input key to a list of `Origin`.
    """

    artifact: object
    node_id: str = ""
    run_id: str = ""
    parameters: dict = dataclasses.field(default_factory=dict)
    inputs: dict = dataclasses.field(default_factory=dict)


class History:
    """Reads a metadata store; writes nothing.

    Args:
        path: The store's file.

    Raises:
        InputError: If there is no such file, or it is no store.
    """

    def __init__(self, path):
        if not os.path.isfile(path):
            raise InputError(
                f"There must be a metadata store at {path}, and there is none. "
                "Pass --pipeline_root=DIR of a pipeline that has run."
            )
        self.path = os.path.abspath(path)
        self._store = MetadataStore(path)

    def runs(self):
        """Returns every `Run`, newest first."""
        with self._store.snapshot() as tx:
            found = []
            for name, context in tx.contexts("pipeline_run").items():
                executions = tx.executions([context])
                if not executions:
                    continue
                found.append(
                    Run(
                        name,
                        min(item.created for item in executions),
                        max(item.updated for item in executions),
                        {
                            _node(tx, item): item.state.name
                            for item in reversed(executions)
                        },
                    )
                )
            return found

    def artifacts(self, run_id=None):
        """Returns `ArtifactRecord`s, of one run or of all, oldest first.

        Raises:
            InputError: If there is no such run.
        """
        with self._store.snapshot() as tx:
            if run_id is None:
                return tx.artifacts()
            context = tx.context_id("pipeline_run", run_id)
            if context is None:
                known = list(tx.contexts("pipeline_run"))
                raise InputError(
                    f"There is no run {run_id!r} in {self.path}. "
                    f"Latest: {', '.join(known[:3]) or 'none'}."
                )
            return tx.artifacts(context)

    def outputs(self, run_id):
        """Returns component id to the `ArtifactRecord`s it wrote last in a run.

        A run that was repeated with another config has more than one of each.
        """
        found = {}
        with self._store.snapshot() as tx:
            context = tx.context_id("pipeline_run", run_id)
            states = (ExecutionState.COMPLETE, ExecutionState.CACHED)
            for execution in tx.executions([context], states):
                if (node := _node(tx, execution)) not in found:
                    groups = tx.artifacts_of(execution.id).values()
                    found[node] = [item for group in groups for item in group]
        return found

    def origin(self, artifact):
        """Returns the `Origin` of an artifact."""
        with self._store.snapshot() as tx:
            return _origin(tx, artifact)

    def find(self, path):
        """Returns the `ArtifactRecord` that a file or directory belongs to.

        Files below an artifact's directory belong to it; a file that was
        pushed or copied elsewhere is found by its content.

        Args:
            path: A path, or an artifact's number.

        Raises:
            InputError: If no artifact has it.
        """
        artifacts = self.artifacts()
        if str(path).isdecimal():
            for artifact in artifacts:
                if artifact.id == int(path):
                    return artifact
            raise InputError(
                f"There is no artifact {path} in {self.path}. "
                "`tfkd metadata artifacts` lists them."
            )
        full = os.path.realpath(path)
        if not os.path.exists(full):
            raise InputError(
                f"A file, a directory or an artifact's number is needed, and "
                f"{path!r} does not exist."
            )
        live = [item for item in artifacts if item.state == ArtifactState.LIVE]
        for artifact in live:
            uri = os.path.realpath(artifact.uri)
            if full == uri or full.startswith(uri + os.sep):
                return artifact
        found = _by_content(full, live) if os.path.isfile(full) else None
        if found is None:
            raise InputError(
                f"No artifact in {self.path} holds {path}. "
                "`tfkd metadata artifacts` lists them."
            )
        return found


def store_near(path):
    """Returns the metadata store of the pipeline that a path lies in.

    Raises:
        InputError: If no directory above it has one.
    """
    folder = os.path.realpath(path)
    while True:
        candidate = os.path.join(folder, FILE)
        if os.path.isfile(candidate):
            return candidate
        above = os.path.dirname(folder)
        if above == folder:
            raise InputError(
                f"No directory above {path} holds {FILE}. Pass "
                "--pipeline_root=DIR."
            )
        folder = above


def _origin(tx, artifact):
    """Builds an `Origin`; artifacts that come twice share theirs.

    Without recursion: a student that goes on from last night's has a chain
    of ancestors that is deeper than Python's stack.
    """
    known, made_from, queue = {}, {}, [artifact]
    while queue:
        item = queue.pop()
        if item.id in known:
            continue
        execution = tx.producer_of(item.id)
        if execution is None:
            known[item.id] = Origin(item)
            continue
        runs = tx.contexts_of(execution.id, "pipeline_run")
        known[item.id] = Origin(
            item,
            _node(tx, execution),
            runs[0] if runs else "",
            _parameters(execution),
        )
        made_from[item.id] = tx.artifacts_of(execution.id, EventType.INPUT)
        queue += [i for items in made_from[item.id].values() for i in items]
    for id, inputs in made_from.items():
        for key, items in inputs.items():
            known[id].inputs[key] = [known[item.id] for item in items]
    return known[artifact.id]


def _node(tx, execution):
    """Returns the component's id, which TFX writes as `<pipeline>.<id>`."""
    pipelines = tx.contexts_of(execution.id, "pipeline")
    for name in tx.contexts_of(execution.id, "node"):
        for pipeline in pipelines:
            if name.startswith(f"{pipeline}."):
                return name.removeprefix(f"{pipeline}.")
    # Other writers of the store have no such context.
    return execution.type_name


def _parameters(execution):
    found = {}
    for name, value in execution.custom_properties.items():
        if name.startswith(_OWN):
            continue
        if isinstance(value, str) and value[:1] in "[{":
            with contextlib.suppress(ValueError):
                value = json.loads(value)
        found[name] = value
    return found


def _by_content(path, artifacts):
    """Returns the newest artifact whose manifest lists a file's content."""
    with open(path, "rb") as file:
        wanted = hashlib.file_digest(file, "sha256").hexdigest()
    for artifact in reversed(artifacts):
        manifest = os.path.join(artifact.uri, artifact_store.MANIFEST)
        try:
            with open(manifest, encoding="utf-8") as file:
                files = json.load(file)["files"]
        except (OSError, ValueError, KeyError):
            continue
        if any(item["sha256"] == wanted for item in files):
            return artifact
    return None
