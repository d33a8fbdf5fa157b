"""Runs `ExampleValidator`."""

import json
import tempfile

from tfkd.components.base import executor
from tfkd.data import schema
from tfkd.data import statistics
from tfkd.data import validation


class Executor(executor.BaseExecutor):
    """Writes `ExampleAnomalies`, and raises when there are errors."""

    def Do(self, input_dict, output_dict, exec_properties):
        (examples,) = input_dict["examples"]
        (stats,) = input_dict["statistics"]
        (schema_artifact,) = input_dict["schema"]
        (output,) = output_dict["anomalies"]
        rules = schema.read(schema_artifact.uri)
        parent = self.context.tmp_dir or None
        with tempfile.TemporaryDirectory(dir=parent) as work_dir:
            findings = validation.scan(
                examples.uri,
                rules,
                make_pipeline=self.make_beam_pipeline,
                work_dir=work_dir,
                progress=self.report_shards,
            )
        anomalies = validation.check(
            findings,
            {name: statistics.read(stats.uri, name) for name in findings},
            rules,
        )
        for split in findings:
            validation.write(output.uri, split, anomalies)
        names = json.dumps(list(findings), separators=(",", ":"))
        output.properties["split_names"] = names
        validation.raise_errors(anomalies)
        message = f"{len(anomalies)} warnings" if anomalies else "no anomalies"
        self.context.report(fraction=1.0, message=message)
