import json
import pathlib
import shutil

import pipeline_fakes as fakes

from tfkd.pipelines import cli
from tfkd.pipelines import locks
from tfkd.pipelines import metadata
from tfkd.pipelines.runners.local import LocalDagRunner


def run(root, run_id, **arguments):
    return LocalDagRunner().run(fakes.build(root, **arguments), run_id=run_id)


def tfkd(capsys, *words, code=0):
    assert cli.main(["metadata", *map(str, words)]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def asked(capsys, *words):
    return json.loads(tfkd(capsys, *words, "--json"))


def test_runs_are_listed_newest_first_with_their_states(tmp_path, capsys):
    run(tmp_path, "first")
    run(tmp_path, "second", rate=2.0)
    found = asked(capsys, "runs", f"--pipeline_root={tmp_path}")
    assert [item["run_id"] for item in found] == ["second", "first"]
    assert found[0]["states"] == {
        "Source": "CACHED",
        "Other": "CACHED",
        "Teacher": "CACHED",
        "Student": "COMPLETE",
    }
    assert found[0]["ended"] >= found[0]["started"] > found[1]["started"] - 1
    text = tfkd(capsys, "runs", f"--pipeline_root={tmp_path}").splitlines()
    assert text[0].split() == ["run", "started", "seconds", "components"]
    assert text[1].startswith("second")
    assert text[1].endswith("3 CACHED, 1 COMPLETE")


def test_artifacts_of_a_run_and_of_a_type(tmp_path, capsys):
    run(tmp_path, "first")
    run(tmp_path, "second", rate=2.0)
    root = f"--pipeline_root={tmp_path}"
    assert len(asked(capsys, "artifacts", root)) == 5
    assert len(asked(capsys, "artifacts", root, "--run=first")) == 4
    models = asked(capsys, "artifacts", root, "--type=Model")
    assert {item["type_name"] for item in models} == {"Model"}
    assert len(models) == 4
    assert "Latest: second, first" in tfkd(
        capsys, "artifacts", root, "--run=third", code=1
    )
    assert "There are: Examples, Model" in tfkd(
        capsys, "artifacts", root, "--type=Modell", code=1
    )


def test_the_lineage_of_a_file_names_all_it_was_made_from(tmp_path, capsys):
    result = run(tmp_path, "only", rate=0.5)
    path = pathlib.Path(result.nodes["Student"].outputs["model"], "model.json")
    found = asked(capsys, "lineage", path)
    assert found["component"] == "Student"
    assert found["run"] == "only"
    assert found["parameters"] == {"rate": 0.5}
    (teacher,) = found["inputs"]["teacher"]
    assert teacher["component"] == "Teacher"
    for trained in (found, teacher):
        (examples,) = trained["inputs"]["examples"]
        assert examples["component"] == "Source"
        assert examples["parameters"] == {"text": "hello", "options": {}}
    text = tfkd(capsys, "lineage", path)
    for words in ("made by Student in run only", "rate = 0.5", "see above"):
        assert words in text


def test_a_copied_file_is_found_by_its_content(tmp_path, capsys):
    result = run(tmp_path / "root", "only", rate=0.5)
    made = pathlib.Path(result.nodes["Student"].outputs["model"], "model.json")
    copy = tmp_path / "phone.json"
    shutil.copy(made, copy)
    root = f"--pipeline_root={tmp_path / 'root'}"
    assert asked(capsys, "lineage", copy, root)["component"] == "Student"
    copy.write_text("other")
    assert "No artifact" in tfkd(capsys, "lineage", copy, root, code=1)


def test_an_artifact_is_found_by_its_number(tmp_path, capsys):
    run(tmp_path, "only")
    root = f"--pipeline_root={tmp_path}"
    assert asked(capsys, "lineage", 1, root)["artifact"]["id"] == 1
    assert "no artifact 99" in tfkd(capsys, "lineage", 99, root, code=1)


def directories(root):
    return sorted(
        str(path.relative_to(root))
        for key in ("examples", "model")
        for path in root.glob(f"*/{key}/*")
    )


def test_gc_removes_what_only_older_runs_have_used(tmp_path, capsys):
    run(tmp_path, "first")
    run(tmp_path, "second", rate=2.0)
    root = f"--pipeline_root={tmp_path}"
    before = directories(tmp_path)
    gone = asked(capsys, "gc", root, "--keep_runs=1", "--dry_run")
    assert directories(tmp_path) == before
    assert [item["custom_properties"]["producer_component"] for item in gone]
    assert asked(capsys, "gc", root, "--keep_runs=2") == []
    text = tfkd(capsys, "gc", root, "--keep_runs=1")
    assert "1 artifacts removed" in text
    removed = set(before) - set(directories(tmp_path))
    assert removed == {str(pathlib.Path(gone[0]["uri"]).relative_to(tmp_path))}
    assert set(directories(tmp_path)) < set(before)
    states = asked(capsys, "artifacts", root)
    assert [s["state"] for s in states].count("DELETED") == 1


def test_what_gc_removed_is_made_again_when_needed(tmp_path, capsys):
    run(tmp_path, "first")
    run(tmp_path, "second", rate=2.0)
    tfkd(capsys, "gc", f"--pipeline_root={tmp_path}", "--keep_runs=1")
    fakes.calls.clear()
    run(tmp_path, "third")
    assert fakes.calls == ["Student"]


def test_gc_refuses_a_root_in_use(tmp_path, capsys):
    run(tmp_path, "first")
    root = f"--pipeline_root={tmp_path}"
    with locks.share_root(str(tmp_path)):
        text = tfkd(capsys, "gc", root, "--keep_runs=1", code=1)
    assert "must be used by no run now" in text
    text = tfkd(capsys, "gc", root, "--keep_runs=0", code=1)
    assert "keep_runs must be at least 1" in text


def test_a_store_that_is_not_there_is_a_mistake(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for words, told in (
        (["runs", f"--pipeline_root={tmp_path}"], "must be a metadata store"),
        (["runs"], "--pipeline_root is required"),
        (["lineage", tmp_path / "file"], "No directory above"),
        (["lineage", tmp_path / "none"], "No directory above"),
        (["gc", f"--pipeline_root={tmp_path}", "--keep_runs=1"], "must be a"),
    ):
        assert told in tfkd(capsys, *words, code=1)
    assert not (tmp_path / "metadata.sqlite").exists()


def test_a_chain_of_a_thousand_nights_is_told(tmp_path, capsys):
    store = metadata.MetadataStore(tmp_path / "metadata.sqlite")
    with store.transaction() as tx:
        kind = tx.put_type(metadata.TypeKind.ARTIFACT, "Model")
        last = None
        for night in range(1000):
            complete = metadata.ExecutionState.COMPLETE
            id = tx.put_execution("Train", complete, str(night))
            if last:
                tx.put_event(last, id, metadata.EventType.INPUT, "base_model")
            last = tx.put_artifact(kind, f"/{night}", str(night))
            tx.put_event(last, id, metadata.EventType.OUTPUT, "model")
    root = f"--pipeline_root={tmp_path}"
    assert tfkd(capsys, "lineage", last, root).count("Model ") == 1000
    error = tfkd(capsys, "lineage", last, root, "--json", code=1)
    assert "Leave out --json" in error


def test_states_that_only_others_write_are_shown(tmp_path, capsys):
    run(tmp_path, "first")
    store = metadata.MetadataStore(tmp_path / "metadata.sqlite")
    with store.transaction() as tx:
        for id, state in ((1, 5), (2, 6)):
            tx.set_artifact_state(id, state)
    found = asked(capsys, "artifacts", f"--pipeline_root={tmp_path}")
    assert [item["state"] for item in found[:2]] == ["ABANDONED", "REFERENCE"]


def test_interrupt_exits_with_130(tmp_path, capsys, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.metadata_cli.history, "History", stop)
    root = f"--pipeline_root={tmp_path}"
    assert tfkd(capsys, "runs", root, code=130) == "\ntfkd: interrupted.\n"
