import importlib
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    """The module, which is of a script: its neighbours are on the path."""
    monkeypatch.syspath_prepend(str(FOLDER))
    # Not the package of this name in `tfkd`.
    return importlib.import_module("compression")


def runs(name, *accuracies):
    return {
        f"{name}/{seed}": {
            "accuracy": accuracy,
            "agreement": 0.9,
            "bytes": 1000,
            "gzip_bytes": 900,
            "fingerprint": "now",
            "float_accuracy": 0.86,
            "parameters": 5000,
            "proof": {"sparsity": None, "distinct": None},
            "steps": 752,
        }
        for seed, accuracy in enumerate(accuracies)
    }


def test_the_page_says_what_the_teacher_adds_and_what_is_not_measured(
    benchmark,
):
    results = {
        **runs("int8_ptq", 0.860, 0.861, 0.862),
        **runs("int8_qat", 0.864, 0.865, 0.866),
        **runs("int8_qat_alone", 0.865, 0.867, 0.869),
        **runs("int4_qat", 0.85, 0.85),
    }
    text = benchmark.table(results, "now")
    assert "QAT over PTQ +0.40, +0.40, +0.40" in text
    # Standard error of 0.1, 0.2 and 0.3: 0.1 / sqrt(3) = 0.06.
    assert (
        "QAT with over QAT without a teacher: -0.10, -0.20, -0.30 (mean "
        "-0.20, standard error 0.06 over 3 seeds)" in text
    )
    (waiting,) = [line for line in text.splitlines() if "Not measured" in line]
    assert "`int4_qat`" in waiting
    assert "`int8_qat`" not in waiting


def test_results_of_older_code_are_no_page(benchmark):
    assert benchmark.table(runs("int8_ptq", 0.8, 0.8, 0.8), "later") == ""
