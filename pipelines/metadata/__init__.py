"""Lineage in ML Metadata's own SQLite schema, by the standard library."""

from tfkd.pipelines.metadata.records import ArtifactRecord
from tfkd.pipelines.metadata.records import ArtifactState
from tfkd.pipelines.metadata.records import EventType
from tfkd.pipelines.metadata.records import ExecutionRecord
from tfkd.pipelines.metadata.records import ExecutionState
from tfkd.pipelines.metadata.records import TypeKind
from tfkd.pipelines.metadata.schema import check_place
from tfkd.pipelines.metadata.store import MetadataStore

__all__ = [
    "ArtifactRecord",
    "ArtifactState",
    "EventType",
    "ExecutionRecord",
    "ExecutionState",
    "MetadataStore",
    "TypeKind",
    "check_place",
]
