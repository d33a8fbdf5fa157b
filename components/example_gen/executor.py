"""Runs `ExampleGen`."""

import json
import tempfile

from tfkd.components.base import executor
from tfkd.data import ingest


class Executor(executor.BaseExecutor):
    """Writes `Examples` from a source."""

    def Do(self, input_dict, output_dict, exec_properties):
        (examples,) = output_dict["examples"]
        parent = self.context.tmp_dir or None
        with tempfile.TemporaryDirectory(dir=parent) as work_dir:
            info = ingest.ingest(
                exec_properties["source"],
                examples.uri,
                num_shards=exec_properties["num_shards"],
                make_pipeline=self.make_beam_pipeline,
                work_dir=work_dir,
                progress=self.report_shards,
            )
        names = json.dumps(list(info["splits"]), separators=(",", ":"))
        examples.properties["split_names"] = names
        sizes = {s: e["num_examples"] for s, e in info["splits"].items()}
        message = ", ".join(f"{n} {split}" for split, n in sizes.items())
        self.context.report(fraction=1.0, message=message)
