import numpy as np
import pytest

from tfkd.components.base import beam
from tfkd.data import records
from tfkd.data import statistics
from tfkd.errors import InputError


def write_examples(uri, images, labels, value_range, num_shards=2):
    ids = [f"{i:04d}" for i in range(len(images))]
    entry = records.write_split(
        str(uri), "train", ids, images, labels, num_shards
    )
    info = {
        "image_shape": list(images.shape[1:]),
        "image_dtype": str(images.dtype),
        "value_range": value_range,
        "class_names": ["cat", "dog", "owl"],
        "splits": {"train": entry},
    }
    records.write_info(str(uri), info)
    return info


def compute(tmp_path):
    statistics.compute(
        str(tmp_path),
        str(tmp_path / "stats"),
        make_pipeline=beam.pipeline,
        work_dir=str(tmp_path / "work"),
    )
    return statistics.read(str(tmp_path / "stats"), "train")


def test_integer_pixels(tmp_path):
    # Three images of two pixels: 0 4 | 4 2 | 0 2, so the mean is 12 / 6 = 2,
    # the mean square 40 / 6, the variance 40 / 6 - 4 = 8 / 3.
    images = np.array([0, 4, 4, 2, 0, 2], np.uint8).reshape(3, 2, 1, 1)
    write_examples(tmp_path, images, [2, 0, 2], [0, 4])
    stats = compute(tmp_path)
    image, numbers = statistics.feature(stats, "image")
    assert stats.num_examples == 3
    assert image.num_stats.mean == 2
    assert image.num_stats.std_dev == pytest.approx((8 / 3) ** 0.5, rel=1e-12)
    assert image.num_stats.num_zeros == 2
    assert (image.num_stats.min, image.num_stats.max) == (0, 4)
    assert image.num_stats.median == 2
    counts = [b.sample_count for b in image.num_stats.histograms[0].buckets]
    assert counts == [2, 0, 2, 0, 2]
    assert (numbers["height"], numbers["width"], numbers["channels"]) == (
        2,
        1,
        1,
    )
    assert statistics.class_counts(stats) == {"cat": 1, "dog": 0, "owl": 2}
    label, _ = statistics.feature(stats, "label")
    # (2 + 0 + 2) / 3.
    assert label.num_stats.mean == pytest.approx(4 / 3, rel=1e-12)
    id_stats, _ = statistics.feature(stats, "example_id")
    assert id_stats.string_stats.avg_length == 4


def test_float_pixels_agree_with_numpy(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.normal(size=(20, 4, 4, 3)).astype(np.float32)
    write_examples(tmp_path, images, [0] * 20, [-2.0, 2.0], num_shards=3)
    image, _ = statistics.feature(compute(tmp_path), "image")
    exact = images.astype(np.float64)
    assert image.num_stats.mean == pytest.approx(exact.mean(), rel=1e-9)
    assert image.num_stats.std_dev == pytest.approx(exact.std(), rel=1e-9)
    assert image.num_stats.max == images.max()
    counts = [b.sample_count for b in image.num_stats.histograms[0].buckets]
    assert sum(counts) == images.size
    # Values beyond 2 are counted in the last bucket, 1.875 to 2.
    assert counts[-1] == (images >= 1.875).sum()


def test_nan_and_infinity_are_counted_and_left_out(tmp_path):
    images = np.array([1, np.nan, np.inf, 3], np.float32).reshape(2, 2, 1, 1)
    write_examples(tmp_path, images, [0, 1], [0.0, 4.0])
    image, numbers = statistics.feature(compute(tmp_path), "image")
    assert image.num_stats.mean == 2
    assert image.num_stats.histograms[0].num_nan == 1
    assert numbers["num_inf"] == 1


def test_the_number_of_shards_does_not_matter(tmp_path):
    images = np.random.default_rng(1).integers(0, 255, (30, 3, 3, 1))
    found = []
    for shards in (1, 4):
        folder = tmp_path / str(shards)
        folder.mkdir()
        write_examples(
            folder, images.astype(np.uint8), [0] * 30, [0, 255], shards
        )
        found.append(compute(folder))
    assert found[0] == found[1]


def test_a_wrong_total_is_an_error(tmp_path):
    images = np.zeros((3, 2, 1, 1), np.uint8)
    info = write_examples(tmp_path, images, [0, 1, 2], [0, 4])
    info["splits"]["train"]["num_examples"] = 4
    records.write_info(str(tmp_path), info)
    with pytest.raises(InputError, match="must have 4 examples .* 3 were read"):
        compute(tmp_path)


def test_missing_statistics_are_an_input_error(tmp_path):
    with pytest.raises(InputError, match="Run StatisticsGen again"):
        statistics.read(str(tmp_path), "train")
