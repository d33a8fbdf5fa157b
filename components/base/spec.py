"""What a component declares: parameters, input and output channels."""

import collections
import dataclasses
import difflib
import typing


@dataclasses.dataclass(frozen=True)
class ExecutionParameter:
    """A typed parameter of a component.

    Attributes:
        type: Python type, or tuple of types, of the value. An `int` is
            accepted where a `float` is declared; of `list[str]` only `list`
            is checked.
        optional: Whether it may be absent; absent parameters are `default`.
        default: Value of an absent optional parameter.
    """

    type: type | tuple
    optional: bool = False
    default: object = None


@dataclasses.dataclass(frozen=True)
class ChannelParameter:
    """A typed input or output channel of a component."""

    type: type
    optional: bool = False


class Channel:
    """The artifacts that one output of one component will hold.

    Attributes:
        type: The `Artifact` subclass.
        producer: The component that writes it, `None` for a free channel.
        key: The producer's name for it.
        producer_component_id: In a Resolver's channel, the id of the
            component whose artifacts are meant; `None` for any.
    """

    def __init__(
        self, type, producer=None, key=None, producer_component_id=None
    ):
        self.type = type
        self.producer = producer
        self.key = key
        self.producer_component_id = producer_component_id

    def __repr__(self):
        producer = self.producer.id if self.producer is not None else None
        return f"Channel({self.type.TYPE_NAME}, {producer}.{self.key})"


class ComponentSpec:
    """Declaration of one component type; checks values at construction.

    Subclasses set `PARAMETERS`, `INPUTS` and `OUTPUTS`. Outputs need not be
    given; a `Channel` that is given for one becomes that output.

    Raises:
        ValueError: If a required argument is missing, a name is unknown, or
            a subclass declares a name twice.
        TypeError: If a value or a channel has another type than declared.
    """

    PARAMETERS = {}
    INPUTS = {}
    OUTPUTS = {}
    # ML Metadata's base type of the executions, as TFX assigns it: "Train",
    # "Transform", "Process", "Evaluate", "Deploy" or None.
    TYPE_ANNOTATION = None

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__(**arguments)
        names = [*cls.PARAMETERS, *cls.INPUTS, *cls.OUTPUTS]
        for name, count in collections.Counter(names).items():
            if count > 1:
                raise ValueError(
                    f"{cls.__name__} must declare each name once in "
                    f"PARAMETERS, INPUTS and OUTPUTS, received {name!r} "
                    f"{count} times. Rename one of them."
                )

    def __init__(self, **values):
        self._refuse_unknown(values)
        self.exec_properties = {
            key: self._parameter(key, parameter, values.get(key))
            for key, parameter in self.PARAMETERS.items()
        }
        self.inputs = {
            key: values[key]
            for key, declared in self.INPUTS.items()
            if self._has_channel(key, declared, values.get(key))
        }
        self.outputs = {
            key: self._output(key, declared, values.get(key))
            for key, declared in self.OUTPUTS.items()
        }

    def _refuse_unknown(self, values):
        known = [*self.PARAMETERS, *self.INPUTS, *self.OUTPUTS]
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, known, 3, 0.4)
                raise ValueError(
                    f"{type(self).__name__} has no argument {key!r}. "
                    f"Closest: {', '.join(near or sorted(known))}."
                )

    def _parameter(self, key, parameter, value):
        name = f"{type(self).__name__}.{key}"
        if value is None:
            if parameter.optional:
                return parameter.default
            raise ValueError(f"{name} is required and was not given.")
        types = parameter.type
        types = types if isinstance(types, tuple) else (types,)
        types = tuple(typing.get_origin(t) or t for t in types)
        if float in types and type(value) is int:
            value = float(value) if int not in types else value
        if not isinstance(value, types) or (
            isinstance(value, bool) and bool not in types
        ):
            expected = " or ".join(t.__name__ for t in types)
            raise TypeError(
                f"{name} must be {expected}, received {value!r} "
                f"({type(value).__name__})."
            )
        return value

    def _has_channel(self, key, declared, channel):
        if channel is None:
            if declared.optional:
                return False
            raise ValueError(
                f"Input channel {type(self).__name__}.{key} is required and "
                "was not given. Pass another component's `outputs[...]`."
            )
        self._check_channel(key, declared, channel)
        return True

    def _output(self, key, declared, channel):
        if channel is None:
            return Channel(declared.type, key=key)
        self._check_channel(key, declared, channel)
        channel.key = key
        return channel

    def _check_channel(self, key, declared, channel):
        name = f"{type(self).__name__}.{key}"
        if not isinstance(channel, Channel):
            raise TypeError(
                f"{name} must be a Channel (a component's `outputs[...]`), "
                f"received {channel!r}."
            )
        if not issubclass(channel.type, declared.type):
            raise TypeError(
                f"{name} carries {declared.type.TYPE_NAME}, received "
                f"{channel!r} of type {channel.type.TYPE_NAME}."
            )
