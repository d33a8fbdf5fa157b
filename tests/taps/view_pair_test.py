import keras
import numpy as np
import pytest

from tests.conformance import harness
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import taps
from tfkd import transforms
from tfkd.errors import InputError


def made(stddev=1.0, **arguments):
    student = dense(**arguments)
    view = transforms.GaussianNoise(stddev)
    return student, taps.with_view_pair(student, ["stage1"], view)


def test_both_views_come_from_one_pass():
    student, network = made()
    with harness.counted_calls(student) as calls:
        found = network(batch()[0], training=True)
    assert len(calls) == 1
    assert set(found) == {"outputs", "outputs_2", "stage1", "stage1_2"}
    assert found["stage1"].shape == found["stage1_2"].shape == (8, 6)
    assert not np.array_equal(found["stage1"], found["stage1_2"])


def test_without_training_each_view_is_the_batch_itself():
    student, network = made()
    x, _ = batch()
    found = network(x, training=False)
    expected = student(x)
    np.testing.assert_allclose(found["outputs"], expected, rtol=1e-6)
    np.testing.assert_allclose(found["outputs_2"], expected, rtol=1e-6)


def test_the_student_s_weights_are_those_of_the_network():
    student, network = made()
    own = {id(v) for v in student.trainable_variables}
    assert {id(v) for v in network.trainable_variables} == own


def test_the_network_can_be_saved(tmp_path):
    _, network = made()
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    x, _ = batch()
    np.testing.assert_array_equal(network(x)["stage1_2"], loaded(x)["stage1_2"])


def test_peers_see_the_same_views():
    student = dense()
    twin = keras.models.clone_model(student)
    twin.set_weights(student.get_weights())
    view = transforms.GaussianNoise(1.0)
    network = taps.with_view_pair(student, ["logits"], view, peers=[twin])
    found = network(batch()[0], training=True)
    for end in ("", "_2"):
        np.testing.assert_allclose(
            found[f"peer1{end}"], found[f"logits{end}"], rtol=1e-5
        )


def test_one_input_and_one_output_are_needed():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [inputs + 1.0, inputs + 2.0])
    with pytest.raises(InputError, match="with 1 and 2"):
        taps.with_view_pair(model, [], transforms.Identity())


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        taps.with_view_pair(dense(), ["no_such"], transforms.Identity())
