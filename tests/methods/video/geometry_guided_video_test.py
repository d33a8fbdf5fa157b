import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.tasks import displacement


def network(channels, filters=(2, 2, 4)):
    return displacement.model(
        input_shape=(8, 8, 2), channels=channels, filters=filters
    )


def build(**arguments):
    arguments = {"teacher": network(2), "student": network(1), **arguments}
    return methods.get("geometry_guided_video").build(**arguments)


def test_flows_are_compared_in_squares():
    (loss,) = build().distillation_losses
    t, s = np.zeros((2, 1, 8, 8, 2), "float32")
    # A quarter of all numbers is 2 away.
    t[:, :4, :, 0] = 2
    found = loss({"outputs": t}, {"kept_flow": s})
    np.testing.assert_allclose(found, [4 / 4], rtol=1e-6)


def test_the_student_begins_with_the_teachers_features_and_flow():
    model = build()
    model.compile("sgd", displacement.loss())
    x, y = displacement.data(4, size=20, stereo=True)
    x, y = x[:, :8, :8], y[:, :8, :8]
    t = model.teacher.model.predict(x, verbose=0)
    s = model._untracked.extractor(x, training=False)["kept_flow"]
    np.testing.assert_allclose(s, t, rtol=1e-5, atol=1e-6)
    assert model.predict(x, verbose=0).shape == y.shape


def test_another_student_may_begin_anew():
    student = network(1, (2, 2, 6))
    before = student.get_weights()
    build(student=student, start_from_teacher=False)
    for first, second in zip(before, student.get_weights()):
        np.testing.assert_array_equal(first, second)


def test_the_flow_is_kept_while_the_disparity_is_learned():
    x, y = displacement.data(8, size=20, stereo=True)
    x, y = x[:, :8, :8], y[:, :8, :8]
    change = []
    for weight in (0.0, 10.0):
        keras.utils.set_random_seed(0)
        model = build(weight=weight)
        model.compile(keras.optimizers.Adam(0.01), displacement.loss())
        model.fit(x, y, epochs=20, verbose=0)
        t = model.teacher.model.predict(x, verbose=0)
        s = model._untracked.extractor(x, training=False)["kept_flow"]
        change.append(np.mean((np.array(s) - t) ** 2))
    assert change[1] < change[0] / 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"student": network(1, (2, 2, 6))}, "start as the teacher's"),
        ({"tap": "stage1"}, "reads the tap 'stage1'"),
        (
            {
                "teacher": models.build(
                    "mlp", input_shape=(8, 8, 2), num_classes=2
                )
            },
            "decoder",
        ),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
