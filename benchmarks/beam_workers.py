"""Starts engines that run Beam pipelines in worker processes of this machine.

Beam's portable runner: a job service and a pool that starts worker processes,
as on a cluster, speaking gRPC. Dask: a scheduler and worker processes.

    python benchmarks/beam_workers.py --workers=2 --port_file=FILE

is the job service alone, for jobs that use so many workers.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

START_SECONDS = 60
POOL = "apache_beam.runners.worker.worker_pool_main"


@contextlib.contextmanager
def portable(workers, python_path=()):
    """Yields Beam's options for the portable runner with external workers.

    Args:
        workers: Number of worker processes of a job.
        python_path: Folders that workers import from, besides what is
            installed.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port_file = pathlib.Path(folder, "port")
        job_service = [
            str(pathlib.Path(__file__)),
            f"--workers={workers}",
            f"--port_file={port_file}",
        ]
        pool_port = _free_port()
        pool = ["-m", POOL, f"--service_port={pool_port}"]
        for name, arguments in (("service", job_service), ("pool", pool)):
            log = pathlib.Path(folder, f"{name}.log")
            stack.enter_context(_process(arguments, python_path, log))
        _wait(port_file.exists, "the job service")
        _wait(lambda: _listens(pool_port), "the worker pool")
        yield (
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{port_file.read_text()}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{pool_port}",
        )


@contextlib.contextmanager
def dask(workers, python_path=()):
    """Yields Beam's options for Dask, see `portable`."""
    from distributed import LocalCluster

    with (
        _environment(python_path),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
    ):
        yield (
            "--runner=DaskRunner",
            f"--dask_client_address={cluster.scheduler_address}",
        )


def serve(workers, port_file):
    """Runs Beam's job service; its own command line has one worker a job."""
    from apache_beam.runners.portability import local_job_service
    from apache_beam.runners.portability import local_job_service_main

    class Runner(local_job_service.fn_runner.FnApiRunner):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self._num_workers = workers

    local_job_service.fn_runner.FnApiRunner = Runner
    signal.signal(signal.SIGTERM, lambda *args: sys.exit(0))
    local_job_service_main.run(["--port_file", port_file])


@contextlib.contextmanager
def _process(arguments, python_path, log):
    """A Python process, ended with all that it has started."""
    with _environment(python_path), open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def _environment(python_path):
    """Gives processes that start now this interpreter and these folders."""
    before = dict(os.environ)
    folders = [*map(str, python_path), before.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
    # The pool starts workers by the name `python`.
    own = os.path.dirname(sys.executable)
    os.environ["PATH"] = os.pathsep.join([own, before.get("PATH", "")])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("localhost", port)) == 0


def _wait(condition, what):
    end = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(
                f"{what} did not start within {START_SECONDS} seconds."
            )
        time.sleep(0.1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port_file", required=True)
    given = parser.parse_args()
    serve(given.workers, given.port_file)
