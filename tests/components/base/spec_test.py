import pytest

from tfkd.components.base.artifacts import Examples
from tfkd.components.base.artifacts import Model
from tfkd.components.base.spec import Channel
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter


class HelloSpec(ComponentSpec):
    PARAMETERS = {
        "name": ExecutionParameter(type=str),
        "tags": ExecutionParameter(type=list[str], optional=True),
        "rate": ExecutionParameter(type=float, optional=True, default=0.5),
    }
    INPUTS = {"examples": ChannelParameter(type=Examples)}
    OUTPUTS = {"model": ChannelParameter(type=Model)}


def hello(**values):
    given = {"name": "Ann", "examples": Channel(Examples)}
    return HelloSpec(**{**given, **values})


def test_keeps_parameters_inputs_and_outputs_apart():
    spec = hello(rate=2, tags=["a"])
    assert spec.exec_properties == {"name": "Ann", "tags": ["a"], "rate": 2.0}
    assert list(spec.inputs) == ["examples"]
    assert spec.outputs["model"].type is Model


def test_an_output_channel_may_be_given_as_in_tfx():
    channel = Channel(type=Model)
    assert hello(model=channel).outputs["model"] is channel
    assert channel.key == "model"
    with pytest.raises(TypeError, match="carries Model, received"):
        hello(model=Channel(type=Examples))


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"name": None}, ValueError, "HelloSpec.name is required"),
        ({"name": 3}, TypeError, "HelloSpec.name must be str"),
        ({"tags": "a"}, TypeError, "HelloSpec.tags must be list"),
        ({"nmae": "Ann"}, ValueError, "no argument 'nmae'. Closest: name"),
        ({"examples": None}, ValueError, "Input channel HelloSpec.examples"),
        ({"examples": 1}, TypeError, "HelloSpec.examples must be a Channel"),
        ({"examples": Channel(Model)}, TypeError, "carries Examples"),
    ],
)
def test_refuses_what_does_not_fit(values, error, message):
    with pytest.raises(error, match=message):
        hello(**values)


def test_a_name_is_declared_once():
    with pytest.raises(ValueError, match="received 'model' 2 times"):

        class Twice(ComponentSpec):
            INPUTS = {"model": ChannelParameter(Model)}
            OUTPUTS = {"model": ChannelParameter(Model)}
