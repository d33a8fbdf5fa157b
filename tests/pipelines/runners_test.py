import pipeline_fakes as fakes
import pytest

from tfkd.errors import InputError
from tfkd.pipelines import locks
from tfkd.pipelines.runners import BeamDagRunner
from tfkd.pipelines.runners import LocalDagRunner

RUNNERS = pytest.mark.parametrize("runner", [LocalDagRunner, BeamDagRunner])


def _states(result):
    return [node.state for node in result.nodes.values()]


@RUNNERS
def test_runs_each_component_once_and_then_reuses_it(tmp_path, runner):
    result = runner().run(fakes.build(tmp_path), run_id="first")
    assert result.run_id == "first"
    assert result.ok
    assert _states(result) == ["executed"] * 4
    assert fakes.calls[0] == "Source"
    assert fakes.calls[-1] == "Student"
    assert len(fakes.calls) == 4
    again = runner().run(fakes.build(tmp_path))
    assert _states(again) == ["cached"] * 4
    assert again.count("cached") == 4


def test_both_runners_share_the_cache(tmp_path):
    LocalDagRunner().run(fakes.build(tmp_path))
    result = BeamDagRunner().run(fakes.build(tmp_path))
    assert _states(result) == ["cached"] * 4


@RUNNERS
def test_raises_the_original_error_and_runs_what_is_independent(
    tmp_path, runner
):
    error = RuntimeError("diverged")
    fakes.behaviour["Teacher"] = error
    with pytest.raises(RuntimeError) as caught:
        runner().run(fakes.build(tmp_path))
    assert caught.value is error
    assert _states(error.run_result) == [
        "executed",
        "executed",
        "failed",
        "skipped",
    ]


@RUNNERS
def test_an_interrupt_leaves_no_execution_running(tmp_path, runner):
    fakes.behaviour["Teacher"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        runner().run(fakes.build(tmp_path))
    fakes.behaviour.clear()
    fakes.calls.clear()
    assert runner().run(fakes.build(tmp_path)).ok
    assert fakes.calls == ["Teacher", "Student"]


@RUNNERS
def test_forced_components_run_again(tmp_path, runner):
    runner().run(fakes.build(tmp_path))
    fakes.calls.clear()
    result = runner(force_nodes=["Other"]).run(fakes.build(tmp_path))
    assert fakes.calls == ["Other"]
    assert result.nodes["Other"].message == "it was forced to run"


def test_an_unknown_forced_component_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no component named 'Teachr'"):
        LocalDagRunner(force_nodes=["Teachr"]).run(fakes.build(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_runs_share_a_root(tmp_path):
    with locks.share_root(str(tmp_path)):
        assert LocalDagRunner().run(fakes.build(tmp_path)).ok


def test_a_retry_by_the_runner_does_not_run_a_component_twice(tmp_path):
    class Retrying(LocalDagRunner):
        def _walk(self, launcher):
            for id in launcher.pipeline.node_ids:
                first = launcher.launch(id)
                assert launcher.launch(id) is first

    Retrying().run(fakes.build(tmp_path, enable_cache=False))
    assert len(fakes.calls) == 4
