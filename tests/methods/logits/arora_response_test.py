import keras
import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": sequences.reader(),
        "student": sequences.simple_reader(),
        **arguments,
    }
    return methods.get("arora_response").build(**arguments)


def test_start_and_end_follow_the_teachers_distributions():
    start, end = build(temperature=2.0).distillation_losses
    # T = 2 over two positions; the third is padding. (3/4, 1/4) of the
    # teacher against (1/2, 1/2): 4 [3/4 ln(3/2) + 1/4 ln(1/2)].
    teacher = {
        "start": np.float32([[2 * np.log(3), 0, -1e9]]),
        "end": np.float32([[5, 5, -1e9]]),
    }
    student = {end: np.float32([[0, 0, -1e9]]) for end in ("start", "end")}
    expected = 4 * (0.75 * np.log(1.5) + 0.25 * np.log(0.5))
    np.testing.assert_allclose(start(teacher, student), [expected], rtol=1e-5)
    np.testing.assert_allclose(end(teacher, student), [0.0], atol=1e-6)


def test_a_simple_reader_learns_a_complex_ones_spans_without_labels():
    keras.utils.set_random_seed(0)
    distiller = build(temperature=1.0, task_weight=0.0)
    distiller.compile(keras.optimizers.Adam(0.03), jit_compile=False)
    x, _ = sequences.spans(count=32)
    logs = distiller.fit(x, epochs=20, batch_size=16, verbose=0).history
    for end in ("start", "end"):
        assert logs[f"soft_{end}"][-1] < 0.8 * logs[f"soft_{end}"][0]


def test_rejects_arguments():
    with pytest.raises(InputError, match="There is no tap"):
        build(teacher=sequences.transformer())
    longer = sequences.SEQUENCE.span_model(query_length=4, length=15)
    with pytest.raises(InputError, match="score the same classes"):
        build(teacher=longer)
    with pytest.raises(InputError, match="temperature"):
        build(temperature=0.0)
