import numpy as np
import pytest

from tfkd.data import prediction_settings
from tfkd.data import tap_formats
from tfkd.errors import InputError

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 3, (50, 30)).astype(np.float32)


def softmax(logits, temperature=1.0):
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def top_k(k, temperature=1.0, dtype="float32", shape=(30,)):
    return tap_formats.TopK(
        tap="logits", shape=shape, dtype=dtype, k=k, temperature=temperature
    )


def stored(tap, values):
    return tap.decode(tap.encode(values)).numpy()


def test_hand_sized_logits():
    # T = 1, k = 1: the others are 0 and ln 3, whose mass is 1 + 3 = 4, 2 each.
    logits = np.array([[0.0, 5.0, np.log(3)]], np.float32)
    fields = top_k(1, shape=(3,)).encode(logits)
    np.testing.assert_array_equal(fields["logits.values"], [[5.0]])
    np.testing.assert_array_equal(fields["logits.classes"], [[1]])
    np.testing.assert_allclose(fields["logits.rest"], [np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(
        stored(top_k(1, shape=(3,)), logits),
        [[np.log(2), 5, np.log(2)]],
        rtol=1e-6,
    )


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_the_largest_probabilities_and_the_others_mass_are_exact(temperature):
    found = softmax(stored(top_k(5, temperature), LOGITS), temperature)
    expected = softmax(LOGITS, temperature)
    largest = np.argsort(-LOGITS, axis=1)[:, :5]
    np.testing.assert_allclose(
        np.take_along_axis(found, largest, 1),
        np.take_along_axis(expected, largest, 1),
        rtol=2e-6,
    )
    np.put_along_axis(expected, largest, 0, 1)
    np.put_along_axis(found, largest, 0, 1)
    np.testing.assert_allclose(found.sum(1), expected.sum(1), rtol=2e-6)
    # Evenly: all 25 others have the same.
    others = found[found > 0].reshape(50, 25)
    assert (others == others[:, :1]).all()


def test_all_classes_are_stored_without_loss():
    np.testing.assert_array_equal(stored(top_k(30), LOGITS), LOGITS)


def test_hotter_softmax_gives_the_others_too_much_and_colder_too_little():
    logits = stored(top_k(5, temperature=2.0), LOGITS)
    largest = np.argsort(-LOGITS, axis=1)[:, :5]

    def mass_of_others(values, temperature):
        found = softmax(values, temperature)
        return 1 - np.take_along_axis(found, largest, 1).sum(1)

    for temperature, compare in ((4.0, np.greater), (1.0, np.less)):
        ours = mass_of_others(logits, temperature)
        assert compare(ours, mass_of_others(LOGITS, temperature)).all()


def test_order_and_equal_logits_are_kept():
    found = stored(top_k(3, temperature=4.0), LOGITS)
    np.testing.assert_array_equal(found.argmax(1), LOGITS.argmax(1))
    same = np.zeros((1, 30), np.float32)
    np.testing.assert_allclose(stored(top_k(3), same), same, atol=1e-6)


def test_dense_maps_of_logits_keep_their_positions():
    maps = RNG.normal(size=(2, 3, 4, 6)).astype(np.float32)
    tap = top_k(2, shape=(3, 4, 6))
    found = stored(tap, maps)
    assert found.shape == maps.shape
    flat = stored(top_k(2, shape=(6,)), maps.reshape(-1, 6))
    np.testing.assert_allclose(found.reshape(-1, 6), flat, rtol=1e-6)


def test_half_precision_is_right_to_eleven_bits():
    dense = tap_formats.Dense(tap="x", shape=(30,), dtype="float16")
    fields = dense.encode(LOGITS)
    assert fields["x"].dtype == np.float16
    found = dense.decode(fields).numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, LOGITS, rtol=2**-11, atol=1e-7)
    fields = top_k(4, dtype="float16").encode(LOGITS)
    assert {name: str(a.dtype) for name, a in fields.items()} == {
        "logits.values": "float16",
        "logits.classes": "uint16",
        "logits.rest": "float16",
    }


def test_numbers_of_more_classes_than_uint16_holds_are_int32():
    assert top_k(1, shape=(2**16,)).fields["logits.classes"][0] == "uint16"
    assert top_k(1, shape=(2**16 + 1,)).fields["logits.classes"][0] == "int32"
    logits = np.zeros((1, 2**16 + 1), np.float32)
    logits[0, -1] = 3.0
    assert stored(top_k(1, shape=(2**16 + 1,)), logits).argmax() == 2**16


def test_values_beyond_half_precision_are_refused():
    dense = tap_formats.Dense(tap="x", shape=(1,), dtype="float16")
    with pytest.raises(InputError, match="largest is 70000"):
        dense.encode(np.array([[7e4]]))


def test_more_than_all_classes_are_refused():
    with pytest.raises(InputError, match="classes, 30, received 31"):
        top_k(31)


def test_only_logits_are_shortened_and_json_gives_the_same_formats():
    settings = prediction_settings.complete_format(
        format="top_k", k=2, taps=("logits", "embedding")
    )
    shapes = {"logits": [30], "embedding": [8]}
    formats = tap_formats.create(settings, shapes)
    assert [tap.kind for tap in formats] == ["top_k", "dense"]
    as_json = {tap.tap: tap.to_json() for tap in formats}
    assert tap_formats.from_json(as_json) == formats
