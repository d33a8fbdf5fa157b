"""Declares `ExampleValidator`."""

from tfkd.components.base import artifacts
from tfkd.components.base import component
from tfkd.components.base import spec


class ExampleValidatorSpec(spec.ComponentSpec):
    """Channels of `ExampleValidator`."""

    INPUTS = {
        "examples": spec.ChannelParameter(artifacts.Examples),
        "statistics": spec.ChannelParameter(artifacts.ExampleStatistics),
        "schema": spec.ChannelParameter(artifacts.Schema),
    }
    OUTPUTS = {"anomalies": spec.ChannelParameter(artifacts.ExampleAnomalies)}


class ExampleValidator(component.BaseComponent):
    """Compares examples with their schema, and the splits with each other.

    Errors (a wrong shape, a label out of range, NaN pixels, a class missing
    in a split, the same image in two splits ...) stop the run; warnings are
    recorded.

    Args:
        examples: Channel of `Examples`.
        statistics: Channel of their `ExampleStatistics`.
        schema: Channel of their `Schema`.
    """

    SPEC_CLASS = ExampleValidatorSpec
    EXECUTOR = "tfkd.components.example_validator.executor.Executor"

    def __init__(self, *, examples, statistics, schema):
        super().__init__(
            ExampleValidatorSpec(
                examples=examples, statistics=statistics, schema=schema
            )
        )
