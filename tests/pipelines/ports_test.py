"""A run listens on no port, neither its DAG nor the Beam work within."""

import os
import pathlib
import socket

import pipeline_fakes
import pytest

from tfkd.pipelines import runners

LISTEN = "0A"


def listening():
    """Returns the ports that this process listens on."""
    own = set()
    for link in pathlib.Path("/proc/self/fd").iterdir():
        try:
            own.add(os.readlink(link))
        except FileNotFoundError:
            continue
    found = []
    for table in ("tcp", "tcp6"):
        path = pathlib.Path("/proc/self/net", table)
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in own:
                found.append(int(fields[1].rpartition(":")[2], 16))
    return found


def test_an_open_port_is_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname()[1] in listening()


@pytest.mark.parametrize("kind", ["LocalDagRunner", "BeamDagRunner"])
def test_no_port_is_open_while_components_run(tmp_path, monkeypatch, kind):
    import apache_beam as beam

    before, seen = listening(), tmp_path / "seen"

    def look(executor):
        with executor.make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | beam.Create([1])
                | beam.Reshuffle()
                # A file: Beam works on a copy of what a function refers to.
                | beam.Map(lambda _: seen.write_text(str(listening())))
            )

    monkeypatch.setattr(pipeline_fakes, "behaviour", {"Teacher": look})
    getattr(runners, kind)().run(pipeline_fakes.build(tmp_path / "root"))
    assert seen.read_text() == str(before)
