import pytest

from tests.report import synthetic_run
from tfkd.report import facts
from tfkd.report import results
from tfkd.report import summary


def test_prints_the_headline_table(tmp_path):
    run = results.read(synthetic_run.write(tmp_path), title="Digits")
    entry = run.metrics["models"]["student"]
    entry.update(accuracy=0.981, accuracy_interval=[0.97, 0.992])
    entry.update(accuracy_mean=0.9806, accuracy_std=0.0031)
    entry.update(agreement_with_teacher=0.975)
    lines = summary.render(run).splitlines()
    assert lines[0] == "Digits"
    assert lines[2].split("  ")[0] == "model"
    row = next(line for line in lines if line.startswith("student  "))
    cells = ["98.1 [97.0, 99.2]", "98.1 ± 0.3", "97.5", "1,702", "10.1"]
    assert [cell for cell in cells if cell not in row] == []
    assert row.endswith("0.041")
    assert "Blessed: all 2 checks passed." in lines
    assert "Pushed to serving/3" in lines
    assert lines[-1] == "Report: report.html, beside this summary."


def test_names_failed_checks(tmp_path):
    uris = synthetic_run.write(tmp_path, blessed=False)
    text = summary.render(results.read(uris, title="Digits"))
    assert "Not blessed: 1 of 2 checks failed (max_bytes)." in text
    line = "  max_bytes: 70,000 bytes, must be ≤ 65,536 bytes. The int8 file is"
    assert f"{line} too large.\n" in text
    assert "Not pushed: failed max_bytes.\n" in text


@pytest.mark.parametrize("parameters", [1702, 23587712])
def test_no_line_is_wider_than_79_columns(tmp_path, parameters):
    run = results.read(synthetic_run.write(tmp_path), title="Digits " * 20)
    for entry in run.metrics["models"].values():
        entry.update(
            accuracy=1.0,
            accuracy_interval=[1.0, 1.0],
            parameters=parameters,
            bytes=4 * parameters,
            agreement_with_teacher=1.0,
        )
    lines = summary.render(run).splitlines()
    assert max(map(len, lines)) <= 79


def test_long_names_of_variants_are_cut_and_numbers_are_not(tmp_path):
    run = results.read(synthetic_run.write(tmp_path), title="T")
    entry = {
        **run.metrics["models"]["student"],
        "accuracy": 1.0,
        "parameters": 23564800,
        "bytes": 94000000,
        "latency_ms": {"threads_1": {"median": 12.3}},
    }
    run.metrics["models"]["student_int8_selective"] = entry
    lines = summary.table(facts.rows(run.metrics))
    assert max(map(len, lines)) <= 79
    assert lines[-1].startswith("student int8 se… ")
    assert "23,564,800" in lines[-1]


def test_columns_are_aligned(tmp_path):
    run = results.read(synthetic_run.write(tmp_path), title="T")
    lines = summary.table(facts.rows(run.metrics))
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 6
