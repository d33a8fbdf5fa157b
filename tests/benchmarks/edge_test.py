import importlib
import pathlib

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"


def test_a_run_that_was_interrupted_still_has_a_page(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    edge = importlib.import_module("edge")
    assert "by activation are not measured yet" in edge.table({})
    text = edge.table({"activations": {"relu6": 0.8, "hard_swish": 9.7}})
    assert "relu6 0.80, hard_swish 9.70." in text
