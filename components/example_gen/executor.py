"""Runs `ExampleGen`."""

import json
import tempfile

from tfkd.components.base import executor
from tfkd.data import ingest
from tfkd.data import span_ingest
from tfkd.data import spans


class Executor(executor.BaseExecutor):
    """Writes `Examples` from a source."""

    def Do(self, input_dict, output_dict, exec_properties):
        (examples,) = output_dict["examples"]
        parent = self.context.tmp_dir or None
        source = exec_properties["source"]
        with tempfile.TemporaryDirectory(dir=parent) as work_dir:
            arguments = {
                "num_shards": exec_properties["num_shards"],
                "make_pipeline": self.make_beam_pipeline,
                "work_dir": work_dir,
                "progress": self.report_shards,
            }
            if spans.used(source):
                info = self._from_spans(source, examples, arguments)
            else:
                info = ingest.ingest(source, examples.uri, **arguments)
        names = json.dumps(list(info["splits"]), separators=(",", ":"))
        examples.properties["split_names"] = names
        sizes = {s: e["num_examples"] for s, e in info["splits"].items()}
        message = ", ".join(f"{n} {split}" for split, n in sizes.items())
        self.context.report(fraction=1.0, message=message)

    def _from_spans(self, source, examples, arguments):
        info, newest, processed = span_ingest.ingest(
            source,
            examples.uri,
            cache_dir=self.context.cache_dir or f"{arguments['work_dir']}/kept",
            **arguments,
        )
        examples.properties["span"] = newest
        examples.custom_properties["processed_spans"] = json.dumps(processed)
        return info
