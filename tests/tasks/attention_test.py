import keras
import numpy as np

from tfkd import taps
from tfkd import tasks
from tfkd.tasks import attention


def test_what_moves_is_looked_at_and_what_rests_is_not():
    pairs, maps = attention.data(30, noise=0.0, seed=1)
    gone = (pairs[..., 0] > 8) & (pairs[..., 1] == 0)
    come = (pairs[..., 1] > 8) & (pairs[..., 0] == 0)
    still = (pairs[..., 1] > 8) & (pairs[..., 0] == pairs[..., 1])
    looked = maps[..., 0]
    assert gone.sum() > 30
    # Where ink arrives, attention is.
    assert looked[come].min() > 8 / 16 / 9 - 1e-6
    assert looked[still].mean() < looked[come].mean() / 2
    assert maps.max() <= 1


def test_a_map_is_the_mean_of_ink_around():
    pairs, maps = attention.data(3, noise=0.0, seed=2)
    clean, _ = attention.clips.data(3, noise=0.0, seed=4, frames=4)
    around = clean[1, -1, 4:7, 7:10, 0].mean() / 16
    np.testing.assert_allclose(maps[1, 5, 8, 0], around, rtol=1e-5)


def test_smaller_maps_are_means_of_four_pixels():
    maps = np.arange(16.0).reshape(1, 4, 4, 1)
    # (0 + 1 + 4 + 5) / 4, ...
    expected = [[[[2.5], [4.5]], [[10.5], [12.5]]]]
    np.testing.assert_array_equal(attention.smaller(maps), expected)


def test_the_spatial_branch_sees_the_last_image_alone():
    model = attention.two_branches(filters=(2, 2))
    read = taps.Extractor(model, ("spatial", "temporal"))
    x = attention.smaller(attention.data(2)[0])
    other = x.copy()
    other[..., 0] = 0
    first, second = (
        {name: np.array(tap) for name, tap in read(y).items()}
        for y in (x, other)
    )
    np.testing.assert_array_equal(first["spatial"], second["spatial"])
    assert not np.array_equal(first["temporal"], second["temporal"])
    assert model.output_shape == (None, 8, 8, 1)


def test_two_branches_are_saved_and_loaded(tmp_path):
    model = attention.two_branches(filters=(2, 2))
    x = attention.smaller(attention.data(2)[0])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), loaded.predict(x, verbose=0)
    )


def test_correlation_knows_neither_scale_nor_offset():
    truth = np.array([[0.0, 1, 2], [0, 0, 3]])
    assert np.isclose(attention.correlation(truth, 5 * truth + 1), 1)
    assert np.isclose(attention.correlation(truth, -truth), -1)
    assert attention.correlation(truth, 0 * truth) == 0


def test_it_is_found_by_name():
    assert tasks.get("attention") is attention
