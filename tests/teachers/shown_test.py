import keras
import numpy as np

from tfkd.teachers import ShownTeacher


def network():
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(inputs))


def test_answers_for_the_students_tap():
    model = network()
    teacher = ShownTeacher(model, source="made")
    assert teacher.reads_from_student(["logits"]) == ("made",)
    teacher.connect(["logits"], None)
    made = np.float32([[1.0, 2.0]])
    found = teacher(np.float32([[9.0, 9.0]]), student={"made": made})
    np.testing.assert_allclose(found["logits"], model(made), rtol=1e-6)


def test_stored_answers_cannot_stand_for_it():
    assert ShownTeacher(network()).stochastic


def test_round_trip():
    teacher = ShownTeacher(network(), source="made")
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(teacher)
    )
    assert copy.source == "made"
