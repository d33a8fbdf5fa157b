"""Declares `StatisticsGen`."""

from tfkd.components.base import artifacts
from tfkd.components.base import component
from tfkd.components.base import spec


class StatisticsGenSpec(spec.ComponentSpec):
    """Channels of `StatisticsGen`."""

    INPUTS = {"examples": spec.ChannelParameter(artifacts.Examples)}
    OUTPUTS = {"statistics": spec.ChannelParameter(artifacts.ExampleStatistics)}
    TYPE_ANNOTATION = "Process"


class StatisticsGen(component.BaseComponent):
    """Computes the statistics of every split, in TFDV's format.

    Args:
        examples: Channel of `Examples`.
    """

    SPEC_CLASS = StatisticsGenSpec
    EXECUTOR = "tfkd.components.statistics_gen.executor.Executor"

    def __init__(self, *, examples):
        super().__init__(StatisticsGenSpec(examples=examples))
