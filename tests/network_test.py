"""No component and no runner speaks to another machine."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest

from tfkd.components.base import artifacts
from tfkd.components.base.executor import ExecutorContext
from tfkd.components.example_gen import executor as example_gen
from tfkd.components.statistics_gen import executor as statistics_gen

HERE = pathlib.Path(__file__).parent
GUARD = HERE / "network_guard"
FAKES = HERE / "pipelines"
ELSEWHERE = "192.0.2.1"


def guarded(log):
    """Returns the environment of processes that the guard watches."""
    folders = [str(GUARD), str(FAKES), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
        "TFKD_NETWORK_LOG": str(log),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def attempts(log):
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (f"s.connect(('{ELSEWHERE}', 80))", "socket.connect"),
        (f"s.connect_ex(('{ELSEWHERE}', 80))", "socket.connect"),
        ("socket.create_connection(('example.com', 80))", "getaddrinfo"),
        ("socket.gethostbyname('example.com')", "gethostbyname"),
        ("s.bind(('', 0))", "socket.bind"),
    ],
)
def test_the_guard_sees_what_a_child_process_does(tmp_path, code, event):
    inner = f"import socket; s = socket.socket(); {code}"
    command = f"[sys.executable, '-c', {inner!r}]"
    outer = f"import subprocess, sys; subprocess.run({command})"
    log = tmp_path / "log"
    subprocess.run(
        [sys.executable, "-c", outer],
        env=guarded(log),
        check=True,
        capture_output=True,
    )
    (line,) = attempts(log)
    assert event in line


def test_the_guard_lets_this_machine_speak_to_itself(tmp_path):
    code = (
        "import socket; s = socket.create_server(('localhost', 0)); "
        "socket.create_connection(s.getsockname()); socket.socketpair()"
    )
    log = tmp_path / "log"
    subprocess.run([sys.executable, "-c", code], env=guarded(log), check=True)
    assert not attempts(log)


def test_the_beam_runner_of_the_graph_opens_no_socket(tmp_path):
    log = tmp_path / "log"
    done = subprocess.run(
        [
            sys.executable,
            FAKES / "pipeline_fakes.py",
            tmp_path / "root",
            "beam",
        ],
        env=guarded(log),
        check=True,
        capture_output=True,
    )
    states = json.loads(done.stdout)["states"]
    assert set(states.values()) == {"executed"}
    assert not attempts(log)


def test_beam_within_components_opens_no_socket(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError("No network in this test.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    examples = artifacts.Examples(str(tmp_path / "examples"))
    context = ExecutorContext(tmp_dir=str(tmp_path))
    source = {"kind": "tfds", "name": "digits"}
    for kind, inputs, output, parameters in (
        (example_gen, {}, examples, {"source": source, "num_shards": 2}),
        (
            statistics_gen,
            {"examples": [examples]},
            artifacts.ExampleStatistics(str(tmp_path / "statistics")),
            {},
        ),
    ):
        os.makedirs(output.uri)
        name = "statistics" if inputs else "examples"
        kind.Executor(context).Do(inputs, {name: [output]}, parameters)
        assert output.properties["split_names"] == '["train","eval","test"]'


# Runs as the only process tree of its network, which has no device but a
# loopback that is down; prints what its native code has tried, too.
ALONE = """
"$@" || exit 1
grep -E '^(Ip|Tcp|Udp):' /proc/net/snmp
"""


@pytest.mark.slow
def test_the_whole_demo_runs_in_a_network_of_its_own(tmp_path):
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("needs the right to make a network namespace")
    log = tmp_path / "log"
    arguments = [
        "--config=configs/quickstart.py:quick",
        f"--pipeline_root={tmp_path / 'root'}",
        "--quiet",
    ]
    run = [sys.executable, "-m", "tfkd.pipelines.run", *arguments]
    done = subprocess.run(
        [*alone, "sh", "-c", ALONE, "sh", *run],
        env=guarded(log),
        cwd=HERE.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "root/metadata.sqlite").exists()
    assert not attempts(log)
    counters = _counters(done.stdout)
    # Nothing was sent, nor was it tried and had no route.
    assert counters["Tcp"]["ActiveOpens"] == 0
    assert counters["Udp"]["OutDatagrams"] == 0
    assert counters["Ip"]["OutRequests"] == counters["Ip"]["OutNoRoutes"] == 0


def _counters(text):
    """Returns protocol to counter to value, as /proc/net/snmp prints them."""
    lines = [line.split() for line in text.splitlines()]
    rows = [words for words in lines if words and words[0][-1] == ":"]
    result = {}
    for names, values in zip(rows[-6::2], rows[-5::2]):
        result[names[0][:-1]] = dict(zip(names[1:], map(int, values[1:])))
    return result
