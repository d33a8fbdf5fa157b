import dataclasses
import types

import pytest

from tests.report import synthetic_run
from tfkd.report import compression
from tfkd.report import page
from tfkd.report import results
from tfkd.report import summary


def recipe(variant, **values):
    return {"variant": variant, "summary": f"about {variant}", **values}


QAT = {"name": "quantize", "steps": 300}
MADE = {
    "chosen": "int8_ptq",
    "fallback_error": None,
    "max_drop": 0.01,
    "recipes": {
        "int8_ptq": recipe("int8", bits=8),
        "float16": recipe("float16", bits=16),
        "int8_qat": recipe(
            "int8_qat", bits=8, stages=[QAT], control="int8_qat_alone"
        ),
        "int8_qat_alone": recipe("int8_qat_alone", bits=8, stages=[QAT]),
        "int8_pruned_clustered_qat": recipe(
            "int8_pruned_clustered_qat",
            bits=8,
            stages=[{"name": "prune", "steps": 700}, QAT],
            proof={"sparsity": 0.5, "distinct": 16},
        ),
    },
}
ACCURACIES = {
    "student": 0.98,
    "student_int8": 0.97,
    "student_float16": 0.98,
    "student_int8_qat": 0.985,
    "student_int8_qat_alone": 0.965,
    "student_int8_pruned_clustered_qat": 0.95,
}


@pytest.fixture
def run():
    models = {
        name: {
            "accuracy": accuracy,
            "accuracy_interval": [accuracy - 0.02, accuracy + 0.01],
            "bytes": 6104,
            "gzip_bytes": 3072,
            "latency_ms": {"threads_1": {"median": 0.04}},
        }
        for name, accuracy in ACCURACIES.items()
    }
    return types.SimpleNamespace(metrics={"models": models}, compression=MADE)


def test_recipes_stand_side_by_side_behind_the_float_student(run):
    rows = compression.rows(run)
    assert [row["name"] for row in rows] == [
        "float32",
        "float16",
        "int8_ptq",
        "int8_qat",
        "int8_qat_alone",
        "int8_pruned_clustered_qat",
    ]
    assert [row["chosen"] for row in rows].index(True) == 2


def test_each_row_says_what_was_gained_over_what(run):
    rows = {row["name"]: row for row in compression.rows(run)}
    qat = rows["int8_qat"]
    # 98.5 against 98 in float, 97 after training, 96.5 on labels alone.
    assert (qat["gain"], qat["over_ptq"], qat["over_alone"]) == (
        "+0.5",
        "+1.5",
        "+2.0",
    )
    assert rows["int8_ptq"]["gain"] == "−1.0"
    assert rows["int8_ptq"]["over_ptq"] == "–"
    assert rows["float32"]["gain"] == "–"


def test_each_row_says_what_it_cost_and_what_the_file_holds(run):
    rows = {row["name"]: row for row in compression.rows(run)}
    both = rows["int8_pruned_clustered_qat"]
    assert both["cost"] == "1,000 steps"
    assert both["pattern"] == "50.0 % zeros, 16 values"
    assert rows["int8_ptq"]["cost"] == "no training"
    assert (both["kib"], both["gzip_kib"], both["median"]) == (
        "6.0",
        "3.0",
        "0.040",
    )


def test_a_run_without_it_has_no_rows(run):
    run.compression = None
    assert compression.rows(run) == []
    assert compression.notes(run) == []
    assert compression.table(run) == []


def test_the_choice_is_explained(run):
    assert (
        "keeps the eval split's bound of 1.0 points"
        in compression.notes(run)[0]
    )
    run.compression = {
        **MADE,
        "chosen": "int8_qat",
        "fallback_error": "no such layer",
    }
    first, second = compression.notes(run)
    assert "int8_qat, is the int8 file" in first
    assert second == "The fallback failed: no such layer"


def test_the_printed_table_fits_a_terminal(run):
    lines = compression.table(run)
    assert max(map(len, lines)) <= 79
    assert any(line.startswith("int8_ptq *") for line in lines)
    assert lines[2].startswith("float32")


def test_one_recipe_alone_is_no_comparison(run):
    recipes = {"int8_ptq": MADE["recipes"]["int8_ptq"]}
    run.compression = {**MADE, "recipes": recipes}
    assert compression.table(run) == []


def test_page_and_summary_show_it(tmp_path):
    found = results.read(synthetic_run.write(tmp_path), title="T")
    models = {
        name: {**found.metrics["models"]["student"], "accuracy": accuracy}
        for name, accuracy in ACCURACIES.items()
    }
    metrics = {
        **found.metrics,
        "models": {**found.metrics["models"], **models},
    }
    without = page.render(found)
    assert "Compression: cost and gain" not in without
    found = dataclasses.replace(found, metrics=metrics, compression=MADE)
    text = page.render(found)
    assert "Compression: cost and gain of each recipe" in text
    assert "about int8_pruned_clustered_qat" in text
    printed = summary.render(found)
    assert "int8_pruned_clustered_qat" in printed
    assert max(map(len, printed.splitlines())) <= 79
