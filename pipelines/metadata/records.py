"""ML Metadata's enumerations and rows; the numbers are its wire format."""

import dataclasses
import enum


class TypeKind(enum.IntEnum):
    """What a row of `Type` describes."""

    EXECUTION = 0
    ARTIFACT = 1
    CONTEXT = 2


class PropertyType(enum.IntEnum):
    """Type of a declared property."""

    INT = 1
    DOUBLE = 2
    STRING = 3
    STRUCT = 4
    PROTO = 5
    BOOLEAN = 6


class EventType(enum.IntEnum):
    """How an execution touched an artifact."""

    INPUT = 3
    OUTPUT = 4


class ExecutionState(enum.IntEnum):
    """Life of an execution."""

    NEW = 1
    RUNNING = 2
    COMPLETE = 3
    FAILED = 4
    CACHED = 5
    CANCELED = 6


class ArtifactState(enum.IntEnum):
    """Life of an artifact."""

    PENDING = 1
    LIVE = 2
    MARKED_FOR_DELETION = 3
    DELETED = 4
    # Only other writers use these.
    ABANDONED = 5
    REFERENCE = 6


# Name and kind of the types which every ML Metadata store has, ids 1 to 9.
BUILT_IN_TYPES = (
    ("mlmd.Dataset", TypeKind.ARTIFACT),
    ("mlmd.Model", TypeKind.ARTIFACT),
    ("mlmd.Metrics", TypeKind.ARTIFACT),
    ("mlmd.Statistics", TypeKind.ARTIFACT),
    ("mlmd.Train", TypeKind.EXECUTION),
    ("mlmd.Transform", TypeKind.EXECUTION),
    ("mlmd.Process", TypeKind.EXECUTION),
    ("mlmd.Evaluate", TypeKind.EXECUTION),
    ("mlmd.Deploy", TypeKind.EXECUTION),
)


@dataclasses.dataclass(frozen=True)
class ArtifactRecord:
    """One row of `Artifact` with its properties."""

    id: int
    type_name: str
    uri: str
    state: ArtifactState
    name: str | None
    properties: dict
    custom_properties: dict


@dataclasses.dataclass(frozen=True)
class ExecutionRecord:
    """One row of `Execution` with its properties; times in milliseconds."""

    id: int
    type_name: str
    state: ExecutionState
    name: str | None
    created: int
    updated: int
    properties: dict
    custom_properties: dict
