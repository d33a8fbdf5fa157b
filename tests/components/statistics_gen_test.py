import numpy as np

from tfkd.components.base import artifacts
from tfkd.components.base import spec
from tfkd.components.statistics_gen import component
from tfkd.components.statistics_gen import executor
from tfkd.data import records
from tfkd.data import statistics


def test_every_split_gets_its_statistics(tmp_path):
    rng = np.random.default_rng(0)
    splits, images = {}, {}
    for split, count in (("train", 12), ("eval", 5), ("test", 7)):
        images[split] = rng.integers(0, 255, (count, 3, 3, 1)).astype(np.uint8)
        ids = [f"{split}{i}" for i in range(count)]
        labels = [i % 2 for i in range(count)]
        splits[split] = records.write_split(
            str(tmp_path / "in"), split, ids, images[split], labels, 2
        )
    info = {
        "image_shape": [3, 3, 1],
        "image_dtype": "uint8",
        "value_range": [0, 255],
        "class_names": ["a", "b"],
        "splits": splits,
    }
    records.write_info(str(tmp_path / "in"), info)
    output = artifacts.ExampleStatistics(str(tmp_path / "out"))
    executor.Executor().Do(
        {"examples": [artifacts.Examples(str(tmp_path / "in"))]},
        {"statistics": [output]},
        {},
    )
    assert output.properties["split_names"] == '["train","eval","test"]'
    for split, pixels in images.items():
        stats = statistics.read(output.uri, split)
        image, _ = statistics.feature(stats, "image")
        assert stats.num_examples == len(pixels)
        np.testing.assert_allclose(
            [image.num_stats.mean, image.num_stats.std_dev],
            [pixels.mean(), pixels.std()],
            rtol=1e-9,
        )


def test_it_declares_its_channels():
    channel = spec.Channel(artifacts.Examples)
    declared = component.StatisticsGen(examples=channel)
    assert declared.outputs["statistics"].type is artifacts.ExampleStatistics
    assert declared.executor_class() is executor.Executor
