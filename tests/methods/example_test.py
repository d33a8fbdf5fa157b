import keras
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
    exec(compile(source, f"example of {key}", "exec"), {"__name__": key})
    assert (tmp_path / "student.keras").is_file()
    keras.backend.clear_session()
