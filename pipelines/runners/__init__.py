"""Runners: what walks through a pipeline's components."""

from tfkd.pipelines.runners.beam import BeamDagRunner
from tfkd.pipelines.runners.local import LocalDagRunner

__all__ = ["BeamDagRunner", "LocalDagRunner"]
