import importlib.util

import pytest

from tfkd.components.base import beam
from tfkd.errors import InputError

ADDRESS = "--dask_client_address=tcp://127.0.0.1:1"


def test_the_runner_is_pinned():
    pipeline = beam.pipeline()
    assert type(pipeline.runner).__name__ == "FnApiRunner"


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--runner=FnApiRunner"],
        ["--direct_running_mode=multi_processing", "--direct_num_workers=2"],
        ["--shard_start_timeout_s=30"],
        # Its job service knows of `parallelism`, Beam itself does not.
        ["--runner=FlinkRunner", "--flink_master=host:1", "--parallelism=8"],
        ["--runner=portable", "--job_endpoint=host:1"],
        ["--runner=DataflowRunner", "--project=p", "--region=r"],
        ["--runner=DaskRunner", ADDRESS],
        ["--runner=PrismRunner", "--prism_location=/opt/prism"],
        ["--runner=mine.runners.Runner"],
    ],
)
def test_what_runners_take_is_accepted(args):
    beam.check(args)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["runner=FlinkRunner"], "must look like --name=value"),
        (["--runner", "FlinkRunner"], "received 'FlinkRunner'"),
        (["--runer=FlinkRunner"], "no Beam option named 'runer'.*'runner'"),
        (["--runner=Flinkrunner2"], "no Beam runner named.*'FlinkRunner'"),
        (["--direct_num_workers=two"], "--direct_num_workers=two has no effe"),
        (
            [
                "--direct_num_workers=two",
                "--direct_running_mode=multi_processing",
            ],
            "invalid int value: 'two'",
        ),
        (["--direct_num_workers=2"], "Add .*=multi_processing"),
        (["--direct_running_mode=multi_threading"], "loses records"),
        (["--runner=DirectRunner"], "another runner from the internet"),
        (["--runner=direct"], "another runner from the internet"),
        (["--runner=PrismRunner"], "needs --prism_location"),
        (["--runner=PortableRunner"], "needs --job_endpoint=HOST:PORT"),
        (["--runner=DaskRunner"], "needs --dask_client_address=tcp://HOST"),
        (
            ["--runner=DaskRunner", ADDRESS, "--dask_npartition=3"],
            "Closest: 'dask_npartitions'",
        ),
    ],
)
def test_what_cannot_work_is_refused(args, text):
    with pytest.raises(InputError, match=text):
        beam.check(args)
    with pytest.raises(InputError, match=text):
        beam.pipeline(args)


def test_dask_is_constructed_with_a_shard_an_element():
    pipeline = beam.pipeline(["--runner=DaskRunner", ADDRESS])
    assert type(pipeline.runner).__name__ == "DaskRunner"
    options = pipeline.options.get_all_options()
    assert options["partition_size"] == 1
    assert options["address"] == "tcp://127.0.0.1:1"
    chosen = beam.pipeline(
        ["--runner=DaskRunner", ADDRESS, "--dask_npartitions=4"]
    )
    assert chosen.options.get_all_options()["partition_size"] is None


def test_missing_dask_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'tfkd\[dask\]'"):
        beam.check(["--runner=DaskRunner", ADDRESS])
