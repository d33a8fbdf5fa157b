import json
import pathlib
import shutil

import pytest

from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.infra_validator import executor
from tfkd.components.infra_validator.component import InfraValidator
from tfkd.errors import InputError

CHANNELS = {
    "examples": Channel(artifacts.Examples),
    "tflite": Channel(artifacts.TFLiteModel),
}


@pytest.fixture(scope="module")
def validate(edge_inputs, edge_tflite, run_executor, tmp_path_factory):
    """Returns a function from thresholds to the outputs and what they say."""

    def run(thresholds, variant="int8", tflite=edge_tflite.tflite):
        outputs = run_executor(
            executor.Executor,
            tmp_path_factory.mktemp("InfraValidator"),
            {"examples": edge_inputs.examples, "tflite": tflite},
            {"blessing": artifacts.InfraBlessing},
            {
                "thresholds": thresholds,
                "variant": variant,
                "latency_runs": 10,
                "layer_images": 4,
                "timeout_s": 60.0,
            },
        )
        folder = pathlib.Path(outputs.blessing.uri)
        text = (folder / "infra_validation.json").read_text()
        return outputs, folder, json.loads(text)

    return run


@pytest.fixture(scope="module")
def blessed(validate):
    return validate({"max_bytes": 10**6, "integer_only": True})


def test_bounds_that_cannot_be_meant_are_refused_at_construction():
    with pytest.raises(InputError, match="Closest: 'max_bytes'"):
        InfraValidator(**CHANNELS, thresholds={"max_byte": 9})
    with pytest.raises(InputError, match="integer_only' must be True"):
        InfraValidator(**CHANNELS, thresholds={"integer_only": 1})


@pytest.mark.parametrize("name", ["latency_runs", "layer_images"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(InputError, match=f"{name} must be at least 1"):
        InfraValidator(**CHANNELS, thresholds={}, **{name: 0})
    with pytest.raises(InputError, match="timeout_s must be at least 1"):
        InfraValidator(**CHANNELS, thresholds={}, timeout_s=0.0)


def test_executor_is_found():
    component = InfraValidator(**CHANNELS, thresholds={})
    assert component.executor_class() is executor.Executor


def test_bounds_that_hold_bless(blessed):
    outputs, folder, values = blessed
    assert (folder / "INFRA_BLESSED").read_bytes() == b""
    assert not (folder / "INFRA_NOT_BLESSED").exists()
    assert outputs.blessing.custom_properties["blessed"] == 1
    # What a Resolver looks for.
    assert "current_tflite" in outputs.blessing.custom_properties
    assert values["message"] == "Blessed: 2 of 2 checks passed."


def test_every_file_is_timed_in_every_setting(blessed):
    files = blessed[2]["files"]
    assert {"int8", "float32", "teacher", "control"} <= set(files)
    for facts in files.values():
        assert facts["bytes"] > facts["gzip_bytes"] * 0.5 > 0
        assert sorted(facts["latency_ms"]) == [
            "threads_1",
            "threads_1_no_xnnpack",
            "threads_2",
        ]
    assert files["int8"]["fully_integer"]
    assert files["float32"]["float_ops"]


def test_memory_and_layers_of_the_judged_file_are_measured(blessed):
    facts = blessed[2]["files"]["int8"]
    assert facts["memory_bytes"] > 0
    errors = [row["sqnr_db"] for row in facts["layer_errors"]]
    assert errors == sorted(errors)
    assert all(0 < error < 100 for error in errors)


def test_a_broken_bound_withholds_the_blessing(validate):
    outputs, folder, values = validate(
        {"integer_only": True, "allowed_ops": ["CONV_2D"]}, variant="float32"
    )
    assert (folder / "INFRA_NOT_BLESSED").is_file()
    assert outputs.blessing.custom_properties["blessed"] == 0
    assert [c["passed"] for c in values["checks"]] == [False, False]
    assert (
        "integer_only is asked for, and there is CONV_2D" in values["message"]
    )
    # The float32 file compared with itself loses nothing.
    layers = values["files"]["float32"]["layer_errors"]
    assert {row["sqnr_db"] for row in layers} == {200.0}


def test_without_a_bound_a_file_that_runs_is_blessed(validate):
    _, folder, values = validate({})
    assert (folder / "INFRA_BLESSED").is_file()
    assert values["message"] == "Blessed: it runs, and no threshold was given."


def test_a_file_that_does_not_run_is_not_blessed(
    validate, edge_tflite, tmp_path, monkeypatch
):
    def fail(path, timeout):
        raise RuntimeError("A process was killed by SIGSEGV.")

    monkeypatch.setattr(executor.peak_memory, "measure", fail)
    _, folder, values = validate({"max_bytes": 10**6})
    assert (folder / "INFRA_NOT_BLESSED").is_file()
    assert values["failure"] == (
        "int8 could not be run. A process was killed by SIGSEGV."
    )


def test_a_bound_on_layers_needs_layers(validate, monkeypatch):
    # Recipes that train have other names of layers.
    monkeypatch.setattr(executor.layer_error, "measure", lambda *paths: [])
    _, folder, values = validate({"min_layer_sqnr_db": 20.0})
    assert (folder / "INFRA_NOT_BLESSED").is_file()
    assert "int8 shares no name of a layer with float32" in values["message"]


def test_another_file_that_does_not_run_is_no_fault_of_the_judged(
    validate, monkeypatch
):
    measure = executor.latency.measure

    def fail(paths, **options):
        if "teacher" in paths:
            raise RuntimeError("Measuring latency took more than 60.0 s.")
        return measure(paths, **options)

    monkeypatch.setattr(executor.latency, "measure", fail)
    outputs, folder, values = validate({"max_latency_ratio": 1000.0})
    assert (folder / "INFRA_BLESSED").is_file()
    assert any(
        "took more than 60.0 s.): int8 and float32 alone" in m["message"]
        for m in outputs.messages
    )
    assert "latency_ms" not in values["files"]["teacher"]
    assert values["files"]["float32"]["latency_ms"]


def test_a_variant_that_is_not_there_is_named(validate, edge_tflite, tmp_path):
    with pytest.raises(InputError, match="Closest: 'int8'"):
        validate({}, variant="int9")
    shutil.copytree(
        pathlib.Path(edge_tflite.tflite.uri, "int8"), tmp_path / "int8"
    )
    alone = artifacts.TFLiteModel(uri=str(tmp_path))
    with pytest.raises(InputError, match="named 'float32'. Closest: 'int8'"):
        validate({}, tflite=alone)
