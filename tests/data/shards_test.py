import contextlib
import hashlib
import os
import pathlib
import re
import threading

import apache_beam as beam
import grpc
import light_shards
import pytest
from apache_beam.pipeline import PTransformOverride
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from benchmarks import beam_workers
from tfkd.components.base import beam as base_beam
from tfkd.data import shards
from tfkd.errors import InputError


def run(tmp_path, function, pipeline=None, **options):
    tasks = light_shards.tasks(tmp_path / "data")
    return shards.map_shards(
        pipeline or base_beam.pipeline(),
        function,
        tasks,
        str(tmp_path / "work"),
        target="target",
        **options,
    )


class Faulty(FnApiRunner):
    """Beam's runner with a step of its own after one of ours.

    Args:
        label: Which of our steps.
        times: How often an element that ends in `element` comes through.
    """

    def __init__(self, label, element, times):
        super().__init__()
        self.label = label
        self.element = element
        self.times = times

    def run_pipeline(self, pipeline, options):
        runner = self

        class Override(PTransformOverride):
            def matches(self, applied):
                return applied.full_label == runner.label

            def get_replacement_transform_for_applied_ptransform(self, applied):
                return Then(applied.transform, runner.element, runner.times)

        pipeline.replace_all([Override()])
        return super().run_pipeline(pipeline, options)


class Then(beam.PTransform):
    """A transform, and then the loss or repetition of one element."""

    def __init__(self, transform, element, times):
        super().__init__()
        self.transform = transform
        self.element = element
        self.times = times

    def expand(self, values):
        element, times = self.element, self.times

        def repeat(value):
            name = value if isinstance(value, str) else value[0]
            return [value] * (times if name.endswith(element) else 1)

        return values | self.transform | "Fault" >> beam.FlatMap(repeat)


def test_reports_come_in_the_order_of_the_tasks(tmp_path):
    reports = run(tmp_path, light_shards.upper)
    assert [report["records_out"] for report in reports] == [3, 1, 4, 1, 5, 2]
    assert (tmp_path / "data/5.out").read_text() == "LINE 0\nLINE 1\n"
    digest = hashlib.sha256(b"LINE 0\nLINE 1\n").hexdigest()
    assert reports[5]["sha256"] == digest


def test_no_task_is_no_work(tmp_path):
    assert shards.map_shards(None, light_shards.upper, [], tmp_path) == []


def test_an_input_error_arrives_as_itself(tmp_path):
    with pytest.raises(InputError, match="^4 is not allowed$"):
        run(tmp_path, light_shards.refuses)


def test_a_defect_of_the_function_arrives_with_its_text(tmp_path):
    with pytest.raises(ZeroDivisionError, match="a defect"):
        run(tmp_path, light_shards.fails)


# Before our function ran, and between it and the end.
@pytest.mark.parametrize("label", ["Spread", "Run"])
@pytest.mark.parametrize(
    ("times", "text"), [(0, "is lost"), (2, "came out 2 times")]
)
def test_a_runner_that_drops_or_doubles_an_element_is_found_out(
    tmp_path, label, times, text
):
    runner = Faulty(label, "00003", times)
    pipeline = beam.Pipeline(runner=runner)
    expected = (
        f"Faulty ended with success, but of 6 shards number 00003 {text}. Run "
        "the same command again; if it fails again, leave out "
        "--beam_pipeline_arg"
    )
    with pytest.raises(RuntimeError, match=re.escape(expected)):
        run(tmp_path, light_shards.upper, pipeline)


def test_the_faulty_runner_is_right_without_its_fault(tmp_path):
    pipeline = beam.Pipeline(runner=Faulty("Run", "00003", 1))
    assert len(run(tmp_path, light_shards.upper, pipeline)) == 6


def test_a_runner_that_loses_everything_is_found_out(tmp_path):
    pipeline = beam.Pipeline(runner=Faulty("Spread", "", 0))
    with pytest.raises(RuntimeError, match="number 00000 is lost"):
        run(tmp_path, light_shards.upper, pipeline)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (light_shards.half, "0.out must give 3 records, 3 were read and 1"),
        (light_shards.half_read, "must give 3 records, 1 were read and 1"),
        (light_shards.torn, "0.out must be as the worker wrote it, .*SHA-256"),
    ],
)
def test_a_worker_that_writes_half_a_shard_is_found_out(
    tmp_path, function, text
):
    with pytest.raises(RuntimeError, match=f"{text}.*Run the same command"):
        run(tmp_path, function)


def test_without_a_count_a_shard_must_put_out_what_it_read(tmp_path):
    tasks = light_shards.tasks(tmp_path / "data")
    for task in tasks:
        del task["count"]
    with pytest.raises(RuntimeError, match="0.in must give 3 records"):
        shards.map_shards(
            base_beam.pipeline(), light_shards.half, tasks, str(tmp_path)
        )


def test_an_attempt_that_replaces_a_committed_report_is_found_out(
    tmp_path, monkeypatch
):
    committed = shards._write_tally

    def late(tally, path):
        committed(tally, path)
        # A second attempt of the runner's, that comes to another result.
        name = os.path.join(os.path.dirname(path), "00002")
        shards._run(name, light_shards.never_the_same)

    monkeypatch.setattr(shards, "_write_tally", late)
    with pytest.raises(RuntimeError, match="shard 00002 must be the one that"):
        run(tmp_path, light_shards.never_the_same)


def test_retries_that_give_the_same_are_no_fault(tmp_path, monkeypatch):
    committed = shards._write_tally

    def late(tally, path):
        committed(tally, path)
        name = os.path.join(os.path.dirname(path), "00002")
        shards._run(name, light_shards.upper)

    monkeypatch.setattr(shards, "_write_tally", late)
    assert len(run(tmp_path, light_shards.upper)) == 6


def test_an_earlier_call_in_the_same_directory_proves_nothing(tmp_path):
    run(tmp_path, light_shards.upper)
    pipeline = beam.Pipeline(runner=Faulty("Spread", "", 0))
    with pytest.raises(RuntimeError, match="number 00000 is lost"):
        run(tmp_path, light_shards.upper, pipeline)


def test_progress_is_told(tmp_path):
    told = []
    run(
        tmp_path,
        light_shards.slow_upper,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == sorted(told)
    assert told[-1] == (6, 6)


class Hanging(FnApiRunner):
    """Waits for a worker that never comes."""

    def run_pipeline(self, pipeline, options):
        threading.Event().wait()


def test_a_runner_whose_workers_never_begin_is_given_up(tmp_path):
    options = base_beam.pipeline(["--shard_start_timeout_s=0.3"]).options
    pipeline = beam.Pipeline(runner=Hanging(), options=options)
    with pytest.raises(InputError, match="within 0.3 seconds, none did on Han"):
        run(tmp_path, light_shards.upper, pipeline)
    assert len(list(tmp_path.glob("work/*/stopped"))) == 1


def test_no_further_shard_begins_after_a_stop(tmp_path):
    folder = pathlib.Path(tmp_path)
    (folder / "stopped").touch()
    with pytest.raises(RuntimeError, match="stopped before this shard"):
        shards._run(str(folder / "00000"), light_shards.upper)


def test_a_worker_that_does_not_see_the_directory_says_so(tmp_path):
    with pytest.raises(RuntimeError, match="must see the directory .*elsewhe"):
        shards._run(str(tmp_path / "elsewhere/00000"), light_shards.upper)


@pytest.fixture(scope="module")
def local_digests(tmp_path_factory):
    reports = run(tmp_path_factory.mktemp("local"), light_shards.upper)
    return [report["sha256"] for report in reports]


HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize(
    "workers", [pytest.param(1, marks=pytest.mark.slow), 2]
)
@pytest.mark.parametrize("engine", [beam_workers.portable, beam_workers.dask])
def test_an_engine_of_processes_gives_the_digests_of_this_one(
    tmp_path, local_digests, engine, workers
):
    with engine(workers, [HERE]) as args:
        pipeline = base_beam.pipeline(args)
        reports = run(tmp_path, light_shards.slow_upper, pipeline)
        # A mistake of the user's arrives as itself.
        pipeline = base_beam.pipeline(args)
        with pytest.raises(InputError, match="^4 is not allowed$"):
            run(tmp_path / "refused", light_shards.refuses, pipeline)
    assert [report["sha256"] for report in reports] == local_digests
    processes = {report["pid"] for report in reports}
    assert len(processes) == workers
    assert os.getpid() not in processes


def test_a_job_service_that_is_not_there_is_told(tmp_path):
    args = ["--runner=PortableRunner", "--job_endpoint=localhost:1"]
    args += ["--job_server_timeout=1", "--environment_type=LOOPBACK"]
    with pytest.raises(grpc.FutureTimeoutError) as caught:
        run(tmp_path, light_shards.upper, base_beam.pipeline(args))
    assert "see that these are running" in caught.value.__notes__[0]


def test_a_pool_whose_python_is_another_does_not_hang_for_ever(
    tmp_path, monkeypatch
):
    other = tmp_path / "bin"
    other.mkdir()
    (other / "python").write_text("#!/bin/sh\nexit 1\n")
    (other / "python").chmod(0o755)
    environment = beam_workers._environment

    @contextlib.contextmanager
    def misled(python_path):
        with environment(python_path):
            path = os.environ["PATH"]
            os.environ["PATH"] = f"{other}{os.pathsep}{path}"
            yield

    monkeypatch.setattr(beam_workers, "_environment", misled)
    with beam_workers.portable(1) as args:
        args = [*args, "--shard_start_timeout_s=3"]
        with pytest.raises(InputError, match="first `python` in its PATH"):
            run(tmp_path, light_shards.upper, base_beam.pipeline(args))
