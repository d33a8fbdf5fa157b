import numpy as np
import pytest

from tests.methods.data_free.dafl_test import network
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": network((3, 4)), "student": network((2, 3))}
    return methods.get("zskt").build(
        **{**parts, "noise_size": 4, "filters": (4, 3), **arguments}
    )


def test_the_losses_are_the_equations_written_out():
    model = build(attention=100.0)
    soft, *maps = model.distillation_losses
    (generator,) = model.generator_losses
    teacher = {"logits": np.log([[2.0, 1.0, 1.0]]).astype("float32")}
    student = {"logits": np.zeros((1, 3), "float32")}
    # KL((1/2, 1/4, 1/4) || uniform) = log 3 - 1.5 log 2, over 3 classes.
    expected = (np.log(3) - 1.5 * np.log(2)) / 3
    found = soft(teacher, student)[0] * soft.weight(0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    found = generator(teacher, student)[0] * generator.weight(0)
    np.testing.assert_allclose(found, -expected, rtol=1e-5)

    assert [loss.name for loss in maps] == [
        "attention_stage1",
        "attention_stage2",
    ]
    assert all(float(loss.weight(0)) == 100.0 for loss in maps)
    # Energies (3, 4) / 5 and (1, 0): mean of 0.4^2 and 0.8^2.
    teacher = {"stage2": np.sqrt([[[[3.0, 0.0]], [[0.0, 4.0]]]])}
    student = {"stage2": np.array([[[[2.0, 2.0]], [[0.0, 0.0]]]])}
    np.testing.assert_allclose(maps[-1](teacher, student), [0.4], rtol=1e-6)


def test_the_student_has_ten_steps_on_the_generators_noise():
    model = build()
    assert model.student_steps == 10
    assert model.hold_noise
    assert model.generator_optimizer.global_clipnorm == 5.0


def test_the_generator_moves_towards_disagreement():
    model = build(attention=0.0, student_steps=1)
    model.compile("sgd", run_eagerly=False)
    model.optimizer.learning_rate = 0.0  # The student stands still.
    history = model.fit(
        epochs=2, steps_per_epoch=20, batch_size=16, verbose=0
    ).history
    assert history["soft_targets"][1] > history["soft_targets"][0]
    assert history["generator"][1] < history["generator"][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"attention": -1.0}, "weight"),
        ({"noise_size": 0}, "noise_size of zskt"),
        ({"pairs": (("stage1", "stage9"),)}, "stage9"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
