import hashlib
import json
import pathlib
import shutil

import numpy as np
import pytest

from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.tflite_exporter import executor
from tfkd.components.tflite_exporter.component import TFLiteExporter
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export import metadata
from tfkd.export import package

VARIANTS = ("control", "float32", "int8", "teacher")


@pytest.fixture(scope="module")
def folder(edge_tflite):
    return pathlib.Path(edge_tflite.tflite.uri)


def described(folder, variant):
    return json.loads((folder / variant / "model.json").read_text())


def test_teacher_and_control_are_optional():
    component = TFLiteExporter(
        examples=Channel(artifacts.Examples),
        student=Channel(artifacts.Model),
        compressed=Channel(artifacts.CompressedModel),
    )
    assert sorted(component.inputs) == ["compressed", "examples", "student"]
    assert component.executor_class() is executor.Executor


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"variants": ("int9",)}, "conversion mode named 'int9'"),
        ({"variants": ("int4",)}, "'int4' is not offered"),
        ({"variants": ("float32",)}, "always made"),
        ({"variants": ("float16", "float16")}, "each once"),
        ({"sensitive_layers": 0}, "must be at least 1, or 0 where"),
        ({"calibration_examples": 0}, "calibration_examples must be at least"),
    ],
)
def test_values_that_cannot_work_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        TFLiteExporter(
            examples=Channel(artifacts.Examples),
            student=Channel(artifacts.Model),
            compressed=Channel(artifacts.CompressedModel),
            **values,
        )


def test_writes_a_whole_folder_for_each_variant(folder):
    assert sorted(path.name for path in folder.iterdir()) == list(VARIANTS)
    for variant in VARIANTS:
        names = sorted(path.name for path in (folder / variant).iterdir())
        assert names == list(package.FILES)
        labels = (folder / variant / "labels.txt").read_text().split()
        assert labels == [str(digit) for digit in range(10)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_description_holds_for_the_file_beside_it(folder, variant):
    description = described(folder, variant)
    content = (folder / variant / "model.tflite").read_bytes()
    assert description["sha256"] == hashlib.sha256(content).hexdigest()
    assert description["bytes"] == len(content)
    assert description["gzip_bytes"] < len(content)
    assert description["input"]["value_range"] == [0.0, 16.0]
    assert description["input"]["name"] == "image"
    assert description["output"]["name"] == "probabilities"
    embedded = metadata.read(folder / variant / "model.tflite")
    assert embedded.items() <= description.items()


def test_some_files_match_their_keras_models(folder):
    for variant in ("float32", "teacher", "control"):
        parity = described(folder, variant)["parity"]
        assert parity["examples"] == 100
        assert parity["max_abs_error"] < 1e-5
        assert parity["top1_agreement"] == 1.0


def test_int8_file_takes_and_gives_uint8_and_agrees(folder):
    description = described(folder, "int8")
    assert description["fully_integer"]
    assert description["input"]["dtype"] == "uint8"
    assert description["output"]["dtype"] == "uint8"
    # 16 is the largest pixel and 255 the largest code.
    scale = description["input"]["quantization"]["scale"]
    assert scale == pytest.approx(16 / 255, rel=1e-6)
    assert description["parity"]["top1_agreement"] >= 0.95


def test_parity_is_that_of_the_eval_split(edge_inputs, folder):
    _, images, _ = records.load_arrays(edge_inputs.examples.uri, "eval")
    got = LiteRTModel(folder / "int8" / "model.tflite").predict(images)
    logits = edge_inputs.keras["student"][0].predict(images, verbose=0)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    error = described(folder, "int8")["parity"]["max_abs_error"]
    assert error == pytest.approx(np.abs(got - expected).max(), abs=1e-5)


def test_provenance_names_teacher_student_and_recipe(edge_inputs, folder):
    hashes = {
        role: json.loads(
            pathlib.Path(
                getattr(edge_inputs, role).uri, "training.json"
            ).read_text()
        )["model_hash"]
        for role in ("teacher", "control", "student")
    }
    provenance = described(folder, "int8")["provenance"]
    assert provenance["student_hash"] == hashes["student"]
    assert provenance["teacher_hash"] == hashes["teacher"]
    assert provenance["recipe"] == "int8_ptq"
    control = described(folder, "control")["provenance"]
    assert control["model_hash"] == hashes["control"]
    assert control["role"] == "control"


def test_no_path_of_the_run_is_in_any_file(edge_inputs, folder):
    root = str(edge_inputs.root).encode()
    for path in folder.glob("*/*"):
        assert root not in path.read_bytes()


def test_a_compressed_model_of_another_student_is_refused(
    edge_inputs, edge_compressed, run_executor, tmp_path
):
    with pytest.raises(InputError, match="must come from its `student`"):
        run_executor(
            executor.Executor,
            tmp_path,
            {
                "examples": edge_inputs.examples,
                "student": edge_inputs.control,
                "compressed": edge_compressed.compressed,
            },
            {"tflite": artifacts.TFLiteModel},
        )


@pytest.mark.parametrize("spoilt", ["recipe", "variant"])
def test_a_compressed_model_that_lies_elsewhere_is_refused(
    edge_inputs, edge_compressed, run_executor, tmp_path, spoilt
):
    copy = tmp_path / "compressed"
    shutil.copytree(edge_compressed.compressed.uri, copy)
    made = json.loads((copy / "compression.json").read_text())
    [(recipe, report)] = made["recipes"].items()
    if spoilt == "recipe":
        made["recipes"] = {"../elsewhere": report}
    else:
        report["variant"] = "../elsewhere"
    (copy / "compression.json").write_text(json.dumps(made))
    with pytest.raises(InputError, match="must be a plain name"):
        run_executor(
            executor.Executor,
            tmp_path,
            {
                "examples": edge_inputs.examples,
                "student": edge_inputs.student,
                "compressed": artifacts.CompressedModel(str(copy)),
            },
            {"tflite": artifacts.TFLiteModel},
        )


def test_a_teacher_that_tflite_cannot_express_costs_no_student(
    edge_inputs, edge_compressed, run_executor, tmp_path, monkeypatch
):
    some_file = pathlib.Path(
        edge_compressed.compressed.uri, "int8_ptq", "model.tflite"
    )

    def all_but_the_teacher(conversions, tmp_dir):
        for conversion in conversions:
            if conversion.destination.endswith("/teacher.tflite"):
                raise RuntimeError("killed by SIGSEGV")
            shutil.copyfile(some_file, conversion.destination)

    monkeypatch.setattr(executor, "convert", all_but_the_teacher)
    outputs = run_executor(
        executor.Executor,
        tmp_path / "run",
        {
            "examples": edge_inputs.examples,
            "student": edge_inputs.student,
            "compressed": edge_compressed.compressed,
            "teacher": edge_inputs.teacher,
        },
        {"tflite": artifacts.TFLiteModel},
    )
    folder = pathlib.Path(outputs.tflite.uri)
    assert sorted(path.name for path in folder.iterdir()) == ["float32", "int8"]
    messages = [values["message"] for values in outputs.messages]
    assert "teacher not exported: killed by SIGSEGV" in messages


def test_a_student_that_cannot_be_converted_ends_the_run(
    edge_inputs, edge_compressed, run_executor, tmp_path, monkeypatch
):
    def broken(conversions, tmp_dir):
        raise RuntimeError("killed by SIGSEGV")

    monkeypatch.setattr(executor, "convert", broken)
    with pytest.raises(RuntimeError, match="SIGSEGV"):
        run_executor(
            executor.Executor,
            tmp_path / "run",
            {
                "examples": edge_inputs.examples,
                "student": edge_inputs.student,
                "compressed": edge_compressed.compressed,
                "teacher": edge_inputs.teacher,
            },
            {"tflite": artifacts.TFLiteModel},
        )


def test_variants_by_name_are_made_beside_the_others(
    edge_inputs, edge_compressed, run_executor, tmp_path, monkeypatch
):
    outputs = run_executor(
        executor.Executor,
        tmp_path / "run",
        {
            "examples": edge_inputs.examples,
            "student": edge_inputs.student,
            "compressed": edge_compressed.compressed,
        },
        {"tflite": artifacts.TFLiteModel},
        {
            "variants": ("float16", "int8_selective"),
            "float_layers": (),
            "sensitive_layers": 1,
            "calibration_examples": 50,
        },
    )
    folder = pathlib.Path(outputs.tflite.uri)
    assert {path.name for path in folder.iterdir()} >= {
        "float16",
        "float32",
        "int8_selective",
    }
    half = described(folder, "float16")
    assert half["provenance"]["recipe"] == "float16"
    assert half["parity"]["top1_agreement"] == 1.0
    assert half["bytes"] < described(folder, "float32")["bytes"]
    selective = described(folder, "int8_selective")
    assert selective["input"]["dtype"] == "int8"
    worst = selective["sensitivity"][0]
    assert worst["error"] > selective["sensitivity"][-1]["error"]
    assert selective["float_layers"] == [worst["layer"]]


def test_a_variant_that_cannot_be_made_costs_nothing_else(
    edge_inputs, edge_compressed, run_executor, tmp_path, monkeypatch
):
    real = executor.convert

    def convert(conversions, tmp_dir):
        conversions = list(conversions)
        modes = [conversion.mode for conversion in conversions]
        if "int16x8" not in modes:
            return real(conversions, tmp_dir=tmp_dir)
        # Files before the one that fails are finished, as by the converter.
        real(conversions[: modes.index("int16x8")], tmp_dir=tmp_dir)
        raise InputError("TFLite has no int16 kernel for NEG.")

    monkeypatch.setattr(executor, "convert", convert)
    outputs = run_executor(
        executor.Executor,
        tmp_path / "run",
        {
            "examples": edge_inputs.examples,
            "student": edge_inputs.student,
            "compressed": edge_compressed.compressed,
        },
        {"tflite": artifacts.TFLiteModel},
        {
            "variants": ("float16", "int16x8", "dynamic_int8"),
            "calibration_examples": 50,
        },
    )
    folder = pathlib.Path(outputs.tflite.uri)
    made = {path.parent.name for path in folder.glob("*/model.tflite")}
    assert made == {"float16", "float32", "int8", "dynamic_int8"}
    reason = "TFLite has no int16 kernel for NEG."
    assert package.not_made(folder) == {"int16x8": reason}
    assert f"int16x8 not made: {reason}" in outputs.messages[-1]["message"]
    error = package.unknown_variant("int16x8", made, folder)
    assert f"could not be: {reason} Or name another: dynamic" in str(error)


def test_a_variant_that_compression_makes_is_refused(
    edge_inputs, edge_compressed, run_executor, tmp_path
):
    made = pathlib.Path(edge_compressed.compressed.uri, "compression.json")
    name = next(iter(json.loads(made.read_text())["recipes"].values()))
    with pytest.raises(InputError, match="is made by Compression already"):
        run_executor(
            executor.Executor,
            tmp_path,
            {
                "examples": edge_inputs.examples,
                "student": edge_inputs.student,
                "compressed": edge_compressed.compressed,
            },
            {"tflite": artifacts.TFLiteModel},
            {"variants": (name["variant"],)},
        )
