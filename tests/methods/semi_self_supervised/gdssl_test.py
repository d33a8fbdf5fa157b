import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def mlp(features, classes=2):
    return models.build("mlp", input_shape=(features,), num_classes=classes)


def build(**arguments):
    # The teacher sees three numbers, the student another five.
    arguments = {"teacher": mlp(3), "student": mlp(5), **arguments}
    return methods.get("gdssl").build(**arguments)


def compiled(**arguments):
    distiller = build(**arguments)
    distiller.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return distiller


def softmax(z):
    z = np.array(z, "float64")
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_total_is_labels_teaching_and_smoothness():
    distiller = compiled(weight=2.0, smoothness=0.5, neighbors=1)
    # Two pairs of examples, each the other's neighbour: W cancels.
    x = RANDOM.normal(size=(4, 5)).astype("float32")
    x[2:] += 100
    privileged = RANDOM.normal(size=(4, 3)).astype("float32")
    p = softmax(distiller.student(x))
    q = softmax(distiller.teacher.model(privileged))
    labels = -np.log(p[1, 1]) / 4
    teaching = np.mean((p - q) ** 2)
    smooth = (np.sum((p[0] - p[1]) ** 2) + np.sum((p[2] - p[3]) ** 2)) / 2
    logs = distiller.train_on_batch(
        {"student": x, "teacher": privileged},
        np.array([-1, 1, -1, -1]),
        return_dict=True,
    )
    np.testing.assert_allclose(logs["teaching"], teaching, rtol=1e-4)
    np.testing.assert_allclose(logs["smoothness"], smooth, rtol=1e-4)
    expected = labels + 2 * teaching + smooth / 2
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_privileged_information_teaches_without_labels():
    keras.utils.set_random_seed(0)
    x = RANDOM.normal(size=(64, 5)).astype("float32")
    pairs = {"student": x, "teacher": x[:, :3]}
    loss = compiled().fit(pairs, np.full(64, -1), epochs=30, verbose=0)
    teaching = loss.history["teaching"]
    assert teaching[-1] < 0.3 * teaching[0]


def test_the_student_stays_a_model_of_its_own():
    distiller = compiled()
    x = RANDOM.normal(size=(4, 5)).astype("float32")
    np.testing.assert_allclose(
        distiller.predict(x, verbose=0), distiller.student(x), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": mlp(3, classes=3)}, "tensors of one shape"),
        ({"neighbors": 0}, "neighbors must be"),
        ({"smoothness": -1.0}, "weight must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_bad_arguments_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


def test_a_student_of_two_inputs_is_our_error():
    inputs = [keras.Input((2,)), keras.Input((3,))]
    joined = keras.layers.Concatenate()(inputs)
    two = keras.Model(inputs, keras.layers.Dense(2)(joined))
    with pytest.raises(InputError, match="which must be one"):
        build(student=two)
