import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import sequence


def language_model(vocabulary=6, length=3):
    return sequence.language_model(
        length=length, vocabulary=vocabulary, width=4, units=3
    )


def build(**arguments):
    arguments = {
        "teacher": language_model(),
        "student": language_model(),
        **arguments,
    }
    return methods.get("org_trl").build(**arguments)


def test_the_likeliest_words_are_recommended():
    (loss,) = build(top=2).distillation_losses
    # Odds 1:3:6:0:0:0, of which 3 and 6 stay: 1/3 and 2/3. The student gives
    # 1/4 and 1/4: (1/3) ln(4/3) + (2/3) ln(8/3). Odds 1:1 beside, alike.
    t = np.full((1, 3, 6), -1e3, "float32")
    t[0, 0, :3] = np.log([1, 3, 6])
    t[0, 1, :2] = 0
    s = np.full((1, 3, 6), -1e3, "float32")
    s[0, 0, :4] = 0
    s[0, 1, :2] = 0
    # The third word is unknown, and counts nothing.
    labels = np.array([[1, 0, -1]])
    found = loss({"logits": t}, {"logits": s}, labels=labels)
    expected = (np.log(4 / 3) / 3 + 2 * np.log(8 / 3) / 3 + 0) / 2
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_it_recommends_however_good_the_student_is():
    (loss,) = build().distillation_losses
    right = 50 * np.eye(6, dtype="float32")[None, :3]
    labels = np.array([[0, 1, 2]])
    teacher = {"logits": np.zeros((1, 3, 6), "float32")}
    first, second = (
        loss(teacher, {"logits": right}, labels=labels) for _ in range(2)
    )
    assert float(first[0]) > 1
    np.testing.assert_array_equal(first, second)


def test_a_captioner_sees_the_clip_besides():
    clip, words = keras.Input((2,)), keras.Input((3,), dtype="int32")
    x = keras.layers.Embedding(6, 4)(words)
    y = keras.layers.RepeatVector(3)(clip)
    x = keras.layers.Concatenate()([x, y])
    logits = keras.layers.Dense(6, name="logits")(x)
    student = keras.Model([clip, words], logits)
    model = build(student=student)
    model.compile("sgd", sequence.loss())
    words = np.array([[1, 2, 3], [4, 5, 0]])
    view = (np.ones((2, 2), "float32"), words)
    x = {"student": view, "teacher": words}
    labels = np.array([[2, 3, -1], [5, -1, -1]])
    logs = model.train_on_batch(x, labels, return_dict=True)
    assert logs["recommended"] > 0
    assert np.isfinite(logs["loss"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": language_model(vocabulary=7)}, "the same classes"),
        ({"teacher": language_model(length=4)}, "the same positions"),
        ({"top": 0}, "top of org_trl"),
        ({"temperature": 0.0}, "temperature must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
