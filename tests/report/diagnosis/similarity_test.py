import keras
import numpy as np
import pytest

from tests.report.diagnosis import synthetic
from tfkd import models
from tfkd.errors import InputError
from tfkd.metrics import cka
from tfkd.report.diagnosis import similarity
from tfkd.taps import Extractor

X, _ = synthetic.rows(40)


def test_layers_are_those_with_weights_and_stages_but_no_normalization():
    assert similarity.layers(synthetic.classifier(0)) == [
        "conv",
        "stage1",
        "head",
    ]


def test_nested_layers_are_found_and_the_nested_model_is_not():
    inner = synthetic.classifier(0)
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(
        inputs, keras.layers.Dense(3, name="top")(inner(inputs))
    )
    assert similarity.layers(model) == [
        "classifier0/conv",
        "classifier0/stage1",
        "classifier0/head",
        "top",
    ]


def test_many_layers_are_thinned_out_and_stages_stay():
    x = inputs = keras.Input((3,))
    for number in range(30):
        name = {9: "stage1", 19: "stage2"}.get(number, f"dense{number}")
        x = keras.layers.Dense(3, name=name)(x)
    found = similarity.layers(keras.Model(inputs, x))
    assert len(found) == similarity.LAYERS
    assert {"stage1", "stage2", "dense29"} <= set(found)
    places = [int(name[5:]) for name in found if name.startswith("dense")]
    assert places == sorted(places)


def test_values_are_the_cka_of_the_taps(monkeypatch):
    teacher, student = synthetic.classifier(0), synthetic.classifier(1, width=4)
    found = similarity.compare(teacher, student, X)
    first = Extractor(teacher, ["conv"])(X)["conv"]
    second = Extractor(student, ["stage1"])(X)["stage1"]
    assert found.of(("conv", "stage1")) == pytest.approx(
        cka.linear_cka(np.asarray(first), np.asarray(second)), rel=1e-6
    )
    # One layer at a time gives the same.
    monkeypatch.setattr(similarity, "BYTES", 1)
    again = similarity.compare(teacher, student, X)
    np.testing.assert_allclose(again.values, found.values, rtol=1e-6)


def test_a_model_is_like_itself():
    model = synthetic.classifier(0)
    found = similarity.compare(model, model, X)
    np.testing.assert_allclose(np.diag(found.values), 1, rtol=1e-9)
    assert found.pairs == (("stage1", "stage1"),)
    assert found.mean_of_pairs() == pytest.approx(1)


def test_stages_of_the_zoo_are_paired():
    teacher, student = (
        models.build(
            "cnn",
            input_shape=(4, 4, 1),
            num_classes=3,
            filters=filters,
            strides=(1,) * len(filters),
        )
        for filters in ((4, 4, 4), (2, 2))
    )
    pairs = similarity.compare(teacher, student, X).pairs
    assert [student for _, student in pairs] == ["stage1", "stage2"]
    assert [teacher for teacher, _ in pairs] == sorted(t for t, _ in pairs)


def test_pairs_never_cross_and_their_sum_is_the_largest():
    taps = ("a", "b", "c", "out"), ("p", "q", "out")
    # Best for p is c, and for q is a: crossed. Of those that do not cross,
    # (c, c) sums to 0.9 + 0.3, (a, b) to 0.2 + 0.5, (a, a) to 0.2 + 0.8.
    values = np.array(
        [[0.2, 0.8, 0], [0.1, 0.5, 0], [0.9, 0.3, 0], [1.0, 1.0, 1.0]]
    )
    assert similarity.suggested(*taps, values) == (("c", "p"), ("c", "q"))
    values[2, 0] = 0.4
    assert similarity.suggested(*taps, values) == (("a", "p"), ("a", "q"))


def test_a_model_of_one_layer_has_no_pairs():
    inputs = keras.Input((4, 4, 1))
    head = keras.layers.Dense(3, name="head")
    single = keras.Model(inputs, head(keras.layers.Flatten()(inputs)))
    found = similarity.compare(synthetic.classifier(0), single, X)
    assert found.pairs == ()
    assert np.isnan(found.mean_of_pairs())


def test_what_cannot_be_compared_is_told():
    model = synthetic.classifier(0)
    with pytest.raises(InputError, match="at least 4 examples"):
        similarity.compare(model, model, X[:3])
    inputs = keras.Input((4,))
    with pytest.raises(InputError, match="no layer with weights"):
        similarity.layers(keras.Model(inputs, keras.layers.ReLU()(inputs)))


def test_a_tap_that_answers_all_alike_is_in_no_pair():
    values = np.array([[np.nan, 0.9, 0.1], [np.nan, 0.2, 0.3]])
    taps = ("a", "logits"), ("dead", "p", "logits")
    assert similarity.suggested(*taps, values) == (("a", "p"),)
