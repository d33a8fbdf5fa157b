"""Runs components one after the other, in this process: for debugging."""

from tfkd.pipelines.runners.base import DagRunner


class LocalDagRunner(DagRunner):
    """Walks through the components in order; `pdb` works in executors."""

    def _walk(self, launcher):
        for id in launcher.pipeline.node_ids:
            launcher.launch(id)
