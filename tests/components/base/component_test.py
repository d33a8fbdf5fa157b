import pytest

from tfkd.components.base.artifacts import Model
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.component import ExecutorClassSpec
from tfkd.components.base.executor import BaseExecutor
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec


class HelloExecutor(BaseExecutor):
    pass


class HelloSpec(ComponentSpec):
    OUTPUTS = {"model": ChannelParameter(type=Model)}


class Hello(BaseComponent):
    SPEC_CLASS = HelloSpec
    EXECUTOR_SPEC = ExecutorClassSpec(HelloExecutor)

    def __init__(self):
        super().__init__(spec=HelloSpec())


def test_an_executor_may_be_named_by_its_class_as_in_tfx():
    assert f"{__name__}.HelloExecutor" == Hello.EXECUTOR


def test_outputs_know_their_producer():
    hello = Hello().with_id("First")
    assert hello.id == "First"
    assert hello.outputs["model"].producer is hello
    assert hello.outputs["model"].key == "model"


def test_waits_for_nodes_upstream():
    first, second, third = Hello(), Hello(), Hello()
    second.add_upstream_node(first)
    second.add_downstream_node(third)
    assert (second.upstream, third.upstream) == ([first], [second])


def test_beam_options_add_up_and_are_checked():
    hello = Hello().with_beam_pipeline_args(["--direct_num_workers=1"])
    hello.with_beam_pipeline_args(["--runner=FnApiRunner"])
    assert hello.beam_pipeline_args == (
        "--direct_num_workers=1",
        "--runner=FnApiRunner",
    )
    with pytest.raises(ValueError, match="must look like --name=value"):
        hello.with_beam_pipeline_args(["runner"])


@pytest.mark.parametrize("id", ["", "../x", "a/b", "1a", ".hidden", "a\n"])
def test_an_id_is_no_path(id):
    with pytest.raises(ValueError, match="id must start with a letter"):
        Hello().with_id(id)
