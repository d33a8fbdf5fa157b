"""Nodes that run nothing: they name artifacts that are there already."""

from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import Channel
from tfkd.components.base.spec import ComponentSpec


class _Spec(ComponentSpec):
    """What a single node declares, not a class of them."""

    def __init__(self, inputs, outputs, exec_properties):
        self.inputs = inputs
        self.outputs = {
            key: Channel(channel.type, key=key)
            for key, channel in outputs.items()
        }
        self.exec_properties = exec_properties


class SystemNode(BaseComponent):
    """Base of nodes that the launcher answers from the metadata store.

    They have no executor and are never taken from the cache: their answer
    depends on what the store, or a directory, holds at the time. What is
    after them depends on the content of what they name.

    Args:
        inputs: Key to the `Channel` of another component.
        outputs: Key to a `Channel` of their own.
        parameters: Name to a value, as JSON has them.
    """

    def __init__(self, inputs, outputs, parameters):
        super().__init__(_Spec(inputs, outputs, parameters))
