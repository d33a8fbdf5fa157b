import os

import pipeline_fakes as fakes

from tfkd.pipelines import garbage
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
