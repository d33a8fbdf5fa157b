"""Declares `SchemaGen`."""

from tfkd.components.base import artifacts
from tfkd.components.base import component
from tfkd.components.base import spec


class SchemaGenSpec(spec.ComponentSpec):
    """Channels of `SchemaGen`."""

    INPUTS = {"statistics": spec.ChannelParameter(artifacts.ExampleStatistics)}
    OUTPUTS = {"schema": spec.ChannelParameter(artifacts.Schema)}
    TYPE_ANNOTATION = "Process"


class SchemaGen(component.BaseComponent):
    """Infers shape, type, pixel range and labels from the train split.

    Args:
        statistics: Channel of `ExampleStatistics`.
    """

    SPEC_CLASS = SchemaGenSpec
    EXECUTOR = "tfkd.components.schema_gen.executor.Executor"

    def __init__(self, *, statistics):
        super().__init__(SchemaGenSpec(statistics=statistics))
