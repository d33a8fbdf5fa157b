import numpy as np

from tfkd.export import layer_error


def test_a_file_beside_itself_loses_nothing(files, digits):
    rows = layer_error.measure(files.float32, files.float32, digits[:2])
    assert {row["sqnr_db"] for row in rows} == {200.0}


def test_the_last_layer_is_as_far_off_as_the_keras_model(files, model, digits):
    rows = layer_error.measure(files.int8, files.float32, digits[:8])
    last = model.layers[-1].name
    [row] = [row for row in rows if row["layer"] == last]
    assert row["op"] == "FULLY_CONNECTED"
    # SQNR by hand from the logits that both files have before the softmax.
    expected = model.predict(digits[:8], verbose=0)
    power = np.mean(np.square(expected))
    # An 8-bit tensor over its own range: steps of about 1/255 of it, an error
    # of a twelfth of the step's square at least.
    step = (expected.max() - expected.min()) / 255
    assert 0 < row["sqnr_db"] < 10 * np.log10(power / (step**2 / 12)) + 3


def test_the_worst_layer_comes_first(files, digits):
    rows = layer_error.measure(files.int8, files.float32, digits[:2])
    errors = [row["sqnr_db"] for row in rows]
    assert len(rows) > 2
    assert errors == sorted(errors)
    assert errors[0] < 60
