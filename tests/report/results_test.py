import pytest

from tests.report import synthetic_run
from tfkd import errors
from tfkd.report import results

DOC = """Attention transfer: look there.

Equation:  Q(F) = vec(F)
           L = b d(Q_t,
                   Q_s)
Symbols:   b = `weight`.
Paper:     Zagoruyko, *Paying More
           Attention*, 2017.
Survey:    Sec 4.2, ref [280].

Some prose: Paper is a word here.
"""


def test_reads_everything(tmp_path):
    run = results.read(synthetic_run.write(tmp_path), title="T")
    assert run.title == "T"
    assert run.blessed is True
    assert set(run.trainings) == {"teacher", "control", "student"}
    assert set(run.variants) == {"teacher", "control", "float32", "int8"}
    assert run.predictions["labels"].shape == (200,)
    assert run.pushed["version"] == 3
    # 1,430 training images over ten classes.
    assert run.class_counts["train"] == {str(i): 143 for i in range(10)}


def test_the_file_blessed_decides(tmp_path):
    run = results.read(synthetic_run.write(tmp_path, blessed=False), title="T")
    assert run.blessed is False


def test_a_pusher_is_optional(tmp_path):
    run = results.read(synthetic_run.write(tmp_path, pushed=False), title="T")
    assert run.pushed is None


def test_a_missing_file_is_named(tmp_path):
    uris = synthetic_run.write(tmp_path)
    (uris["student"] / "training.json").unlink()
    with pytest.raises(errors.InputError, match=r"training\.json"):
        results.read(uris, title="T")


def test_a_damaged_file_is_named(tmp_path):
    uris = synthetic_run.write(tmp_path)
    (uris["evaluation"] / "metrics.json").write_text("{")
    with pytest.raises(errors.InputError, match=r"metrics\.json must be JSON"):
        results.read(uris, title="T")


def test_a_card_keeps_the_lines_of_its_equation():
    assert results.card(DOC) == {
        "equation": "Q(F) = vec(F)\nL = b d(Q_t,\n        Q_s)",
        "paper": "Zagoruyko, Paying More Attention, 2017.",
        "survey": "Sec 4.2, ref [280].",
    }


def test_a_docstring_without_sections_has_an_empty_card():
    assert results.card("One line.") == {}
