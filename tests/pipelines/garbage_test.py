import os

import pipeline_fakes as fakes
import pytest

from tfkd.components.base.artifacts import Examples
from tfkd.components.base.importer import Importer
from tfkd.pipelines import garbage
from tfkd.pipelines.pipeline import Pipeline
from tfkd.pipelines.runners.local import LocalDagRunner


def test_kept_parts_go_with_the_last_output_that_shares_them(tmp_path):
    LocalDagRunner().run(fakes.build(tmp_path, text="old"))
    result = LocalDagRunner().run(fakes.build(tmp_path, text="new"))
    parts = tmp_path / "Source" / ".system" / "cache" / "code"
    shared = parts / "used" / "Split-train" / "data.gz"
    alone = parts / "unused" / "Split-train" / "data.gz"
    for path in (shared, alone):
        path.parent.mkdir(parents=True)
        path.write_text("records")
    folder = result.nodes["Source"].outputs["examples"]
    os.link(shared, f"{folder}/data.gz")
    garbage.collect(tmp_path, tmp_path / "metadata.sqlite", keep_runs=1)
    assert [path.name for path in parts.iterdir()] == ["used"]


def test_a_run_that_was_resumed_is_the_newest(tmp_path):
    for run_id, rate in (("a", 1.0), ("b", 2.0), ("a", 1.0)):
        LocalDagRunner().run(fakes.build(tmp_path, rate=rate), run_id=run_id)
    gone = garbage.collect(tmp_path, tmp_path / "metadata.sqlite", keep_runs=1)
    assert len(gone) == 1
    result = LocalDagRunner().run(fakes.build(tmp_path, rate=1.0))
    assert set(fakes.states(result).values()) == {"cached"}


def test_checkpoints_and_logs_of_older_runs_go(tmp_path):
    def left():
        return [
            len(list(tmp_path.glob(f"Student/.system/{name}/*")))
            for name in ("stateful_working_dir", "logs")
        ]

    for rate in (1.0, 2.0):
        fakes.behaviour["Student"] = RuntimeError("killed")
        with pytest.raises(RuntimeError):
            LocalDagRunner().run(fakes.build(tmp_path, rate=rate))
    assert left() == [2, 2]
    store = tmp_path / "metadata.sqlite"
    assert garbage.collect(tmp_path, store, keep_runs=2) == []
    assert left() == [2, 2]
    garbage.collect(tmp_path, store, keep_runs=1, dry_run=True)
    assert left() == [2, 2]
    garbage.collect(tmp_path, store, keep_runs=1)
    assert left() == [1, 1]
    fakes.behaviour.clear()
    result = LocalDagRunner().run(fakes.build(tmp_path, rate=2.0))
    # The newest run's checkpoint was there to go on from.
    assert result.nodes["Student"].state == "executed"
    assert left() == [0, 1]


def test_what_finished_last_stays_when_newer_runs_have_failed(tmp_path):
    LocalDagRunner().run(fakes.build(tmp_path))
    fakes.behaviour["Teacher"] = RuntimeError("bad data")
    with pytest.raises(RuntimeError):
        LocalDagRunner().run(fakes.build(tmp_path, text="other"))
    fakes.behaviour.clear()
    store = tmp_path / "metadata.sqlite"
    # Other's first output: it has finished on the other text as well.
    [(gone, _)] = garbage.collect(tmp_path, store, keep_runs=1)
    assert gone.uri == str(tmp_path / "Other" / "model" / "2")
    fakes.calls.clear()
    LocalDagRunner().run(fakes.build(tmp_path))
    assert fakes.calls == ["Other"]


def test_an_imported_directory_is_its_owners(tmp_path):
    for name in ("a", "b"):
        folder = tmp_path / "imported" / name
        (folder / "Split-train").mkdir(parents=True)
        (folder / "Split-train" / "data.txt").write_text(name)
        imported = Importer(str(folder), Examples)
        train = fakes.Train(examples=imported.outputs["result"])
        LocalDagRunner().run(Pipeline("fake", str(tmp_path), [imported, train]))
    store = tmp_path / "metadata.sqlite"
    [(gone, _)] = garbage.collect(tmp_path, store, keep_runs=1)
    assert gone.type_name == "Model"
    assert (tmp_path / "imported" / "a" / "Split-train").is_dir()
