"""Runs `StatisticsGen`."""

import json
import tempfile

from tfkd.components.base import executor
from tfkd.data import statistics


class Executor(executor.BaseExecutor):
    """Writes `ExampleStatistics` of `Examples`."""

    def Do(self, input_dict, output_dict, exec_properties):
        (examples,) = input_dict["examples"]
        (output,) = output_dict["statistics"]
        parent = self.context.tmp_dir or None
        with tempfile.TemporaryDirectory(dir=parent) as work_dir:
            sizes = statistics.compute(
                examples.uri,
                output.uri,
                make_pipeline=self.make_beam_pipeline,
                work_dir=work_dir,
                progress=self.report_shards,
            )
        names = json.dumps(list(sizes), separators=(",", ":"))
        output.properties["split_names"] = names
        total = sum(sizes.values())
        self.context.report(fraction=1.0, message=f"{total} examples")
