"""Runs `SchemaGen`."""

from tfkd.components.base import executor
from tfkd.data import schema
from tfkd.data import statistics


class Executor(executor.BaseExecutor):
    """Writes the `Schema` of `ExampleStatistics`."""

    def Do(self, input_dict, output_dict, exec_properties):
        (stats,) = input_dict["statistics"]
        (output,) = output_dict["schema"]
        inferred = schema.infer(statistics.read(stats.uri, "train"))
        schema.write(output.uri, inferred)
        shape, dtype, (low, high) = schema.image_domain(inferred)
        message = f"{dtype} {'x'.join(map(str, shape))}, {low:g} to {high:g}"
        self.context.report(fraction=1.0, message=message)
