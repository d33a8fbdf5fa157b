import hashlib
import importlib.util
import pathlib

import keras
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from benchmarks import beam_workers
from tfkd.components.base import artifacts
from tfkd.components.base import beam
from tfkd.components.base.executor import ExecutorContext
from tfkd.components.base.spec import Channel
from tfkd.components.example_gen import executor as example_gen
from tfkd.components.statistics_gen import executor as statistics_gen
from tfkd.components.teacher_predictions import executor as predictions
from tfkd.components.teacher_predictions.component import TeacherPredictions
from tfkd.data import shards
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training import shard_logits

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
        ["--runner=DaskRunner", ADDRESS],
        ["--runner=PrismRunner", "--prism_location=/opt/prism"],
        [f"--runner={FnApiRunner.__module__}.FnApiRunner"],
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
        (["--runner=mine.runners.Mine"], "No module named 'mine'"),
        (["--runner=json.Mine"], "'json' has no attribute 'Mine'"),
        (["--runner=DataflowRunner", "--project=p"], r"apache-beam\[gcp\]"),
        (
            [
                "--runner=PortableRunner",
                "--job_endpoint=host:1",
                "--environment_type=EXTERNAL",
            ],
            "external_service_address is required",
        ),
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


def digests(folder):
    """Returns the SHA-256 of every file below a folder, by relative path."""
    return {
        str(path.relative_to(folder)): shards.file_sha256(path)
        for path in pathlib.Path(folder).rglob("*")
        if path.is_file()
    }


def run_steps(folder, args, model, parameters):
    """Runs the data-parallel steps; returns the digests of what they wrote."""
    found = {}

    def execute(kind, name, inputs, output, values):
        uri, tmp = folder / name, folder / f"{name}-tmp"
        uri.mkdir(parents=True)
        tmp.mkdir()
        output.uri = str(uri)
        context = ExecutorContext(tmp_dir=str(tmp), beam_pipeline_args=args)
        kind(context).Do(
            {key: [value] for key, value in inputs.items()},
            {name: [output]},
            values,
        )
        found[name] = digests(uri)
        return output

    examples = execute(
        example_gen.Executor,
        "examples",
        {},
        artifacts.Examples(),
        {
            "source": {"kind": "tfds", "name": "digits"},
            "num_shards": 3,
        },
    )
    execute(
        statistics_gen.Executor,
        "statistics",
        {"examples": examples},
        artifacts.ExampleStatistics(),
        {},
    )
    execute(
        predictions.Executor,
        "predictions",
        {"examples": examples, "teacher": model},
        artifacts.TeacherPredictions(),
        parameters,
    )
    logits = shard_logits.compute(
        examples.uri,
        "test",
        [(model.uri, None), (model.uri, 0)],
        pipeline=beam.pipeline(args),
        work_dir=str(folder / "evaluation"),
    )
    found["evaluation"] = hashlib.sha256(logits.tobytes()).hexdigest()
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained teacher of digits, with one other seed."""
    uri = str(tmp_path_factory.mktemp("model"))
    for seed in (None, 0):
        keras.utils.set_random_seed(seed or 1)
        layers = [keras.layers.Flatten(), keras.layers.Dense(10)]
        made = keras.Sequential([keras.Input((8, 8, 1)), *layers])
        model_files.save(made, f"{uri}/{model_files.path_of(seed)}")
        if seed is None:
            model_hash = model_files.model_hash(made)
    record = {"model_hash": model_hash, "model": {"name": "cnn"}}
    model_files.write_record(uri, record)
    return artifacts.Model(uri)


@pytest.fixture(scope="module")
def local_steps(model, prediction_parameters, tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    return run_steps(folder, (), model, prediction_parameters)


@pytest.fixture(scope="module")
def prediction_parameters():
    return TeacherPredictions(
        examples=Channel(artifacts.Examples), teacher=Channel(artifacts.Model)
    ).exec_properties


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("engine", [beam_workers.portable, beam_workers.dask])
def test_every_data_parallel_step_is_the_same_on_every_engine(
    tmp_path, engine, workers, local_steps, model, prediction_parameters
):
    with engine(workers) as args:
        found = run_steps(tmp_path, args, model, prediction_parameters)
    assert sorted(found) == [
        "evaluation",
        "examples",
        "predictions",
        "statistics",
    ]
    assert len(found["examples"]) == 1 + 3 * 3
    assert found == local_steps
