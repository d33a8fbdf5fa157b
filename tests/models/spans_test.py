import keras
import numpy as np
import pytest

from tfkd import taps
from tfkd.models import spans

X = {
    "query": np.array([[2, 5, 0], [2, 7, 4]], "int32"),
    "document": np.array([[5, 6, 8, 0, 0], [7, 4, 3, 8, 1]], "int32"),
}
SIZES = {"query_length": 3, "vocabulary": 9}
MODELS = {
    "reader": lambda length=5: spans.reader(
        length=length, width=4, heads=2, **SIZES
    ),
    "simple": lambda length=5: spans.simple_reader(
        length=length, width=3, units=2, **SIZES
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_positions_of_the_document_are_scored_padding_never(name):
    model = MODELS[name]()
    found = model(X)
    assert taps.output_names(model) == ("start", "end")
    for scores in found.values():
        assert scores.shape == (2, 5)
        assert np.all(scores[0, 3:] == -1e9)
        assert np.all(np.abs(scores[0, :3]) < 100)
        assert np.all(np.abs(scores[1]) < 100)


@pytest.mark.parametrize("name", MODELS)
def test_padding_changes_nothing(name):
    model, short = MODELS[name](), MODELS[name](length=3)
    for mine, theirs in zip(short.weights, model.weights):
        mine.assign(np.array(theirs)[tuple(slice(n) for n in mine.shape)])
    cut = {"query": X["query"][:1], "document": X["document"][:1, :3]}
    for end, scores in short(cut).items():
        np.testing.assert_allclose(
            scores, model(X)[end][:1, :3], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("name", MODELS)
def test_the_query_matters(name):
    model = MODELS[name]()
    other = {**X, "query": np.array([[2, 3, 3], [2, 3, 3]], "int32")}
    for end, scores in model(X).items():
        assert not np.allclose(scores, model(other)[end], atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_it_is_saved_and_loaded(name, tmp_path):
    model = MODELS[name]()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for end, scores in model(X).items():
        np.testing.assert_array_equal(scores, loaded(X)[end])
