import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import dense
from tfkd import models
from tfkd.distillers import MetaDistiller
from tfkd.distillers import load
from tfkd.errors import InputError
from tfkd.losses import KDLoss
from tfkd.losses import SoftTargets
from tfkd.losses import WeightedChannels
from tfkd.teachers import SelfTeacher

IMAGES = np.random.default_rng(0).uniform(0, 16, (6, 4, 4, 1))
LABELS = np.arange(6) % 3


@keras.saving.register_keras_serializable("tfkd_tests")
class Pull(KDLoss):
    """phi times the student's only output: its slope is phi x."""

    teacher_taps = ("logits",)
    student_taps = ("logits",)

    def setup(self, teacher, student):
        self.phi = self.add_weight((), "ones", name="phi")
        super().setup(teacher, student)

    @property
    def meta_variables(self):
        return [self.phi]

    def values(self, teacher, student, **_):
        return self.phi * student["logits"][:, 0]


def line():
    """One weight, z = theta x; theta is 2 at the start."""
    inputs = keras.Input((1,))
    layer = keras.layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=keras.initializers.Constant(2.0),
        name="logits",
    )
    return keras.Model(inputs, layer(inputs))


def on_a_line(**arguments):
    model = MetaDistiller(
        teacher=line(),
        student=line(),
        distillation_losses=Pull(),
        student_loss_weight=1.0,
        **{
            "inner_steps": 1,
            "inner_learning_rate": 0.1,
            "meta_optimizer": keras.optimizers.SGD(1.0),
            **arguments,
        },
    )
    # The student stands still, so that only phi is looked at.
    model.compile(keras.optimizers.SGD(0.0), "mean_squared_error")
    return model


def phi_after_one_step(**arguments):
    model = on_a_line(**arguments)
    # x = 1 and y = 0: the task is theta^2, its slope 2 theta.
    model.fit(np.ones((2, 1)), np.zeros((2, 1)), verbose=0)
    np.testing.assert_allclose(model.student.get_weights()[0], [[2.0]])
    return float(model.distillation_losses[0].phi)


def test_phi_moves_by_the_slope_of_the_task_after_tried_steps():
    # theta_1 = 2 - 0.1 phi; theta_2 = theta_1 (1 - 0.2) = 0.8 theta_1;
    # outcome theta_2^2 = 0.64 (2 - 0.1 phi)^2;
    # its slope at phi = 1 is 0.64 * 2 * 1.9 * (-0.1) = -0.2432.
    np.testing.assert_allclose(phi_after_one_step(), 1.2432, rtol=1e-5)


def test_each_further_step_on_distillation_counts():
    # theta_2 = 2 - 0.2 phi: the slope is 0.64 * 2 * 1.8 * (-0.2) = -0.4608.
    found = phi_after_one_step(inner_steps=2)
    np.testing.assert_allclose(found, 1.4608, rtol=1e-5)


def test_the_compiled_optimizer_moves_the_student_alone():
    model = on_a_line(meta_optimizer=keras.optimizers.SGD(0.0))
    model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
    model.fit(np.ones((2, 1)), np.zeros((2, 1)), verbose=0)
    # theta = 2 - 0.1 (4 + 1) = 1.5: the slopes of theta^2 and of theta.
    np.testing.assert_allclose(model.student.get_weights()[0], [[1.5]])
    assert float(model.distillation_losses[0].phi) == 1.0


def on_images(**arguments):
    keras.utils.set_random_seed(0)
    teacher, student = (
        models.build(
            "cnn",
            input_shape=(4, 4, 1),
            num_classes=3,
            filters=(width,),
            strides=(1,),
        )
        for width in (5, 3)
    )
    model = MetaDistiller(
        teacher=teacher,
        student=student,
        distillation_losses=WeightedChannels(
            teacher_tap="stage1", student_tap="stage1"
        ),
        meta_optimizer=keras.optimizers.Adam(1e-2),
        **arguments,
    )
    model.compile(keras.optimizers.Adam(1e-2), SPARSE, run_eagerly=True)
    return model


def test_tried_steps_leave_statistics_of_batches_alone():
    model = on_images()
    plain = on_images()
    plain._meta_step = lambda *_: None
    for each in (model, plain):
        each.fit(IMAGES, LABELS, batch_size=6, verbose=0)
    for first, second in zip(
        model.student.get_weights(), plain.student.get_weights()
    ):
        np.testing.assert_array_equal(first, second)


def test_the_teacher_answers_once_a_step():
    model = on_images()
    answered = []
    original = model.teacher.call

    def call(*args, **kwargs):
        answered.append(1)
        return original(*args, **kwargs)

    object.__setattr__(model.teacher, "call", call)
    model.fit(IMAGES, LABELS, batch_size=3, verbose=0)
    assert len(answered) == 2


def test_goes_on_after_loading_as_if_nothing_happened(tmp_path):
    model = on_images()
    model.fit(IMAGES, LABELS, verbose=0)
    model.save(tmp_path / "distiller.keras")
    loaded = load(tmp_path / "distiller.keras", teacher=model.teacher.model)
    losses = [
        each.fit(IMAGES, LABELS, epochs=2, shuffle=False, verbose=0).history[
            "loss"
        ]
        for each in (model, loaded)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"distillation_losses": SoftTargets()}, "a loss with meta_variables"),
        ({"teacher": SelfTeacher()}, "answers the same each time"),
        ({"inner_steps": 0}, "inner_steps must be"),
        ({"inner_learning_rate": 0.0}, "inner_learning_rate must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        MetaDistiller(
            **{
                "teacher": dense(),
                "student": dense(seed=1),
                "distillation_losses": Pull(),
                **arguments,
            }
        )
