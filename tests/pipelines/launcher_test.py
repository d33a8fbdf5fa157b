import errno
import os
import pathlib
import subprocess

import pipeline_fakes as fakes
import pytest

from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines.runners.local import LocalDagRunner


def test_runs_in_order_and_then_takes_all_from_the_cache(tmp_path):
    first = fakes.run(tmp_path)
    assert fakes.calls == fakes.CREATED
    assert set(fakes.states(first).values()) == {"executed"}
    second = fakes.run(tmp_path)
    assert fakes.calls == []
    assert set(fakes.states(second).values()) == {"cached"}
    for id, node in second.nodes.items():
        assert node.outputs == first.nodes[id].outputs


def test_outputs_lie_where_tfx_puts_them(tmp_path):
    node = fakes.run(tmp_path).nodes["Source"]
    uri = tmp_path / "Source" / "examples" / str(node.execution_id)
    assert node.outputs == {"examples": str(uri)}
    assert (uri / "Split-train" / "data.txt").read_text() == "hello"
    for id in fakes.CREATED:
        system = tmp_path / id / ".system"
        assert list((system / "staging").iterdir()) == []
        assert list((system / "stateful_working_dir").iterdir()) == []


def test_a_parameter_reruns_its_component_only(tmp_path):
    fakes.run(tmp_path)
    result = fakes.run(tmp_path, rate=2.0)
    assert fakes.calls == ["Student"]
    assert result.nodes["Student"].message == "parameter rate: 1.0 -> 2.0"


def test_a_changed_input_reruns_all_downstream(tmp_path):
    fakes.run(tmp_path)
    result = fakes.run(tmp_path, text="other")
    assert fakes.calls == fakes.CREATED
    assert "input examples changed" in result.nodes["Teacher"].message


def test_an_output_of_the_same_content_leaves_downstream_cached(tmp_path):
    fakes.run(tmp_path)
    fakes.run(tmp_path, options={"unused": 1})
    assert fakes.calls == ["Source"]


def test_an_edited_executor_reruns(tmp_path, monkeypatch):
    fakes.run(tmp_path)
    module = tmp_path / "new_executor.py"
    module.write_text("from pipeline_fakes import SourceExecutor\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fakes.Source, "EXECUTOR", "new_executor.SourceExecutor")
    result = fakes.run(tmp_path)
    assert fakes.calls == ["Source"]
    assert "the executor's source changed" in result.nodes["Source"].message


def test_the_cache_can_be_switched_off(tmp_path):
    fakes.run(tmp_path)
    fakes.run(tmp_path, enable_cache=False)
    assert fakes.calls == fakes.CREATED


def test_a_damaged_artifact_is_rebuilt_and_recorded(tmp_path):
    first = fakes.run(tmp_path)
    uri = first.nodes["Source"].outputs["examples"]
    path = pathlib.Path(uri, "Split-train", "data.txt")
    path.write_text("hellO")
    second = fakes.run(tmp_path)
    assert fakes.calls == ["Source"]
    assert "data.txt has other content" in second.nodes["Source"].message
    assert second.nodes["Source"].outputs["examples"] != uri
    states = fakes.query(
        tmp_path, f"SELECT state FROM Artifact WHERE uri = '{uri}'"
    )
    assert states == [(4,)]
    assert set(fakes.states(fakes.run(tmp_path)).values()) == {"cached"}


def test_what_a_component_did_outside_is_done_again(tmp_path, monkeypatch):
    fakes.run(tmp_path)
    said = []
    monkeypatch.setattr(
        fakes.Source, "undone", lambda self, outputs: said.append(outputs) or ""
    )
    assert set(fakes.states(fakes.run(tmp_path)).values()) == {"cached"}
    [outputs] = said
    assert pathlib.Path(outputs["examples"], "Split-train").is_dir()
    monkeypatch.setattr(fakes.Source, "undone", lambda *_: "it was taken back")
    again = fakes.run(tmp_path)
    assert fakes.calls == ["Source"]
    assert again.nodes["Source"].message == "it was taken back"


def test_a_removed_metadata_file_starts_anew_beside_old_outputs(tmp_path):
    first = fakes.run(tmp_path)
    (tmp_path / "metadata.sqlite").unlink()
    second = fakes.run(tmp_path)
    assert fakes.calls == fakes.CREATED
    for id in fakes.CREATED:
        before, now = first.nodes[id], second.nodes[id]
        assert set(before.outputs.values()).isdisjoint(now.outputs.values())


def test_a_failure_keeps_what_else_finished(tmp_path):
    fakes.behaviour["Teacher"] = RuntimeError("diverged")
    with pytest.raises(RuntimeError, match="diverged") as caught:
        fakes.run(tmp_path)
    assert caught.value.__notes__ == ["While running the component 'Teacher'."]
    assert fakes.states(caught.value.run_result) == {
        "Source": "executed",
        "Other": "executed",
        "Teacher": "failed",
        "Student": "skipped",
    }
    assert list((tmp_path / "Teacher" / "model").glob("*")) == []
    assert list((tmp_path / "Teacher/.system/staging").iterdir()) == []
    fakes.behaviour.clear()
    fakes.run(tmp_path)
    assert fakes.calls == ["Teacher", "Student"]
    states = "SELECT last_known_state, COUNT(*) FROM Execution GROUP BY 1"
    # COMPLETE 3: all four; FAILED 4: one; CACHED 5: Source and Other.
    assert fakes.query(tmp_path, states) == [(3, 4), (4, 1), (5, 2)]


def test_a_users_mistake_names_the_component(tmp_path):
    fakes.behaviour["Source"] = InputError("text must not be empty")
    with pytest.raises(InputError, match="^Source: text must not be empty$"):
        fakes.run(tmp_path)


def test_a_full_disk_is_a_users_mistake(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fakes.behaviour["Teacher"] = full
    with pytest.raises(InputError, match="Teacher: No space left") as caught:
        fakes.run(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.__cause__ is full


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A file system of 4 MB, where mounting one is allowed."""
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tmp_path)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a file system is not allowed here")
    monkeypatch.setattr(artifact_store, "MIN_FREE_BYTES", 0)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_disk_that_fills_up_costs_one_component(small_disk):
    def fill(executor):
        folder = pathlib.Path(executor.context.tmp_dir)
        (folder / "large").write_bytes(bytes(8 * 1024**2))

    fakes.behaviour["Teacher"] = fill
    with pytest.raises(InputError, match="Teacher: No space left"):
        LocalDagRunner().run(fakes.build(small_disk))
    states = "SELECT last_known_state FROM Execution ORDER BY id"
    assert fakes.query(small_disk, states) == [(3,), (3,), (4,)]
    assert list((small_disk / "Teacher/.system/staging").iterdir()) == []
    fakes.behaviour.clear()
    fakes.run(small_disk)
    assert fakes.calls == ["Teacher", "Student"]


def test_lineage_is_in_the_tables_of_ml_metadata(tmp_path):
    run_id = fakes.run(tmp_path).run_id
    assert fakes.query(
        tmp_path,
        "SELECT Type.name, Context.name FROM Context JOIN Type ON "
        "Type.id = type_id WHERE Type.name != 'execution_cache' ORDER BY 1, 2",
    ) == [
        ("node", "fake.Other"),
        ("node", "fake.Source"),
        ("node", "fake.Student"),
        ("node", "fake.Teacher"),
        ("pipeline", "fake"),
        ("pipeline_run", run_id),
    ]
    # Student is execution 4: reads examples (1) and teacher (3), writes 4.
    assert fakes.query(
        tmp_path,
        "SELECT artifact_id, type, step_key FROM Event JOIN EventPath ON "
        "event_id = Event.id WHERE execution_id = 4 AND is_index_step = 0",
    ) == [(1, 3, "examples"), (3, 3, "teacher"), (4, 4, "model")]
    assert fakes.query(
        tmp_path,
        "SELECT Type.name, COUNT(*) FROM Association JOIN Context ON "
        "Context.id = context_id JOIN Type ON Type.id = type_id "
        "WHERE execution_id = 4 GROUP BY 1",
    ) == [(n, 1) for n in ("execution_cache", "node", "pipeline")] + [
        ("pipeline_run", 1)
    ]
    assert fakes.query(
        tmp_path,
        "SELECT is_custom_property, string_value FROM ArtifactProperty "
        "WHERE name = 'split_names'",
    ) == [(0, '["train"]')]
    assert (
        fakes.query(
            tmp_path,
            "SELECT int_value FROM ArtifactProperty WHERE name = 'blessed' "
            "AND is_custom_property = 1",
        )
        == [(1,)] * 3
    )
    assert fakes.query(
        tmp_path,
        "SELECT Type.name, double_value FROM ExecutionProperty JOIN Execution "
        "ON Execution.id = execution_id JOIN Type ON Type.id = type_id "
        "WHERE ExecutionProperty.name = 'rate' AND execution_id = 2",
    ) == [("pipeline_fakes.Train", 3.0)]
    # ML Metadata's base types: 1 is Dataset, 2 Model, 5 Train.
    assert fakes.query(
        tmp_path,
        "SELECT Type.name, parent_type_id FROM ParentType JOIN Type "
        "ON Type.id = type_id ORDER BY 1",
    ) == [("Examples", 1), ("Model", 2), ("pipeline_fakes.Train", 5)]


def test_a_component_s_beam_options_follow_the_pipeline_s(tmp_path):
    seen = []
    fakes.behaviour["Teacher"] = lambda executor: seen.append(
        executor.context.beam_pipeline_args
    )
    pipeline = fakes.build(
        tmp_path, beam_pipeline_args=("--direct_num_workers=1",)
    )
    own = ("--runner=FnApiRunner",)
    pipeline.node("Teacher").with_beam_pipeline_args(own)
    LocalDagRunner().run(pipeline)
    assert seen == [("--direct_num_workers=1", *own)]
