import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd.distillers.pruned_part import PrunedPart
from tfkd.distillers.pruned_part import strongest_inputs
from tfkd.errors import InputError
from tfkd.losses import CrossedLayers

X, Y = cases.images(16)


def part(**arguments):
    keras.utils.set_random_seed(0)
    student = cases.teacher()
    arguments = {
        "layer": "stage3_conv",
        "keep": 0.5,
        "pruning_steps": 4,
        **arguments,
    }
    model = PrunedPart(
        student=student,
        teacher=cases.teacher(),
        distillation_losses=CrossedLayers(
            teacher_layer="stage3_conv", student_layer="stage3_conv"
        ),
        student_loss_weight=0.0,
        **arguments,
    )
    model.compile(keras.optimizers.Adam(1e-3))
    return model


def left(model):
    kernel = np.array(model.student.get_layer("stage3_conv").kernel)
    return int(np.sum(np.any(kernel != 0, axis=(0, 1, 3))))


def test_strong_input_channels_stay():
    kernel = np.zeros((1, 1, 3, 2), "float32")
    # Norms 5, 1, 2.
    kernel[0, 0] = [[3, 4], [0, 1], [2, 0]]
    found = strongest_inputs(kernel, 2)
    np.testing.assert_array_equal(found[0, 0], [[3, 4], [0, 0], [2, 0]])
    np.testing.assert_array_equal(strongest_inputs(kernel, 3), kernel)


def test_channels_go_step_by_step():
    model = part()
    counts = []
    for _ in range(6):
        model.train_on_batch(X)
        counts.append(left(model))
    # Of 8 channels 4 stay: 4 + floor(4 * (1 - t / 4)) after step t.
    assert counts == [7, 6, 5, 4, 4, 4]


def test_no_other_layer_is_touched():
    model = part()
    before = {v.path: np.array(v) for v in model.student.variables}
    model.fit(X, epochs=3, verbose=0)
    changed = {
        v.path
        for v in model.student.variables
        if not np.array_equal(before[v.path], v)
    }
    assert changed == {"stage3_conv/kernel"}


def test_it_is_saved_with_its_numbers(tmp_path):
    model = part()
    model.save(tmp_path / "part.keras")
    loaded = keras.saving.load_model(tmp_path / "part.keras")
    assert (loaded.layer, loaded.keep) == ("stage3_conv", 0.5)
    assert loaded.pruning_steps == 4


def test_a_mistake_is_our_error():
    for wrong in ({"keep": 0.0}, {"pruning_steps": 0}):
        with pytest.raises(InputError, match="keep must be in"):
            part(**wrong)
    with pytest.raises(InputError, match="to lose channels"):
        part(layer="stage3_bn")
