import keras
import numpy as np

from tfkd import taps
from tfkd.models import recurrent

TOKENS = np.array([[2, 5, 6, 0, 0], [2, 7, 4, 3, 8]], "int32")


def build(**arguments):
    return recurrent.build(
        **{
            "length": 5,
            "vocabulary": 9,
            "num_classes": 3,
            "width": 3,
            "units": 2,
            **arguments,
        }
    )


def test_it_pools_the_tokens_that_are_no_padding():
    model = build()
    found = taps.Extractor(model, ["stage1", "attention", "embedding"])(TOKENS)
    states, shares, features = (np.asarray(x) for x in found.values())
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-6)
    np.testing.assert_array_equal(shares[0, 3:], 0)
    expected = np.sum(shares * states, axis=1)
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-7)


def test_padding_changes_nothing():
    model, other = build(), build(length=3)
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(
        model(TOKENS[:1]), other(TOKENS[:1, :3]), rtol=1e-5, atol=1e-6
    )


def test_several_tasks_are_a_dict():
    found = build(num_classes={"a": 3, "b": 2})(TOKENS)
    assert {k: v.shape for k, v in found.items()} == {"a": (2, 3), "b": (2, 2)}


def test_a_language_model_sees_no_later_word():
    model = recurrent.language_model(length=5, vocabulary=9, width=3, units=2)
    changed = TOKENS.copy()
    changed[:, 3:] = [[0, 0], [1, 1]]
    before, after = np.asarray(model(TOKENS)), np.asarray(model(changed))
    assert before.shape == (2, 5, 9)
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-6)
    assert not np.allclose(before[1, 3:], after[1, 3:])


def test_they_are_saved_and_loaded(tmp_path):
    sizes = {"length": 5, "vocabulary": 9, "width": 3, "units": 2}
    for model in (build(), recurrent.language_model(**sizes)):
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(model(TOKENS), loaded(TOKENS))
