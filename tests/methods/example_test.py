import ast

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd.methods.example import example


@pytest.fixture
def eagerly():
    """A few steps cost less than their compilation."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.filterwarnings("ignore:Even though the .*tf.data")
@pytest.mark.parametrize("key", methods.names())
def test_the_example_of_a_method_runs(key, eagerly, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = example(methods.get(key))
    names = {"__name__": key}
    exec(compile(source, f"example of {key}", "exec"), names)
    assert (tmp_path / "student.keras").is_file()
    for low, high in _arguments(source, "value_range"):
        images = keras.tree.flatten(names.get("images", names["x"]))
        images = np.concatenate([np.ravel(each) for each in images])
        assert low <= images.min()
        assert images.max() <= high
        assert np.ptp(images) > (high - low) / 2
    keras.backend.clear_session()


def _arguments(source, name):
    """The values under a name, in calls and in dicts of options."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == name:
            yield ast.literal_eval(node.value)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    yield ast.literal_eval(value)


def test_tells_facts_of_the_data_from_values_that_are_quick():
    source = example(methods.get("dafl"))
    assert source.endswith("""\
    # Facts of the data above: give those of yours.
    value_range=(0.0, 1.0),
    # Chosen for this example, which ends in seconds.
    noise_size=8,
    filters=(8, 4),
)
distiller.compile("adam", loss)
distiller.fit(steps_per_epoch=2)
distiller.student.save("student.keras")
""")


def test_facts_of_a_task_are_those_of_its_card():
    source = example(methods.get("ddflow"))
    assert list(_arguments(source, "value_range")) == [(0.0, 16.0)]


def test_every_range_is_printed_as_a_fact():
    comment = "# Facts of the data above: give those of yours.\n"
    for key in methods.names():
        if "value_range" in methods.get(key).card.get("options", {}):
            after = example(methods.get(key)).partition(comment)[2]
            assert "value_range" in after.partition("#")[0], key
