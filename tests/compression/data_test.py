import keras
import numpy as np
import pytest

from tfkd.compression.data import CompressionData
from tfkd.compression.data import TrainingData
from tfkd.compression.data import calibration_data
from tfkd.compression.data import data_of
from tfkd.errors import InputError

IDS = np.array([f"id-{i}" for i in range(50)])
IMAGES = np.arange(50, dtype=np.float32).reshape(50, 1, 1, 1)
RANGE = (0, 49)


def test_the_pick_depends_on_ids_alone():
    order = np.random.default_rng(0).permutation(50)
    first = calibration_data(IDS, IMAGES, 20, RANGE)
    second = calibration_data(IDS[order], IMAGES[order], 20, RANGE)
    np.testing.assert_array_equal(first.example_ids, second.example_ids)
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(
        IDS[first.images.ravel().astype(int)], first.example_ids
    )


def test_a_larger_pick_only_adds():
    small = calibration_data(IDS, IMAGES, 20, RANGE).example_ids
    large = calibration_data(IDS, IMAGES, 30, RANGE).example_ids
    np.testing.assert_array_equal(small, large[:20])
    assert list(small) != list(IDS[:20])


def test_all_images_are_taken_where_there_are_fewer():
    assert len(calibration_data(IDS, IMAGES, 80, RANGE).images) == 50


def test_a_count_below_one_is_refused():
    with pytest.raises(InputError, match="must be at least 1, received 0"):
        calibration_data(IDS, IMAGES, 0, RANGE)


def test_an_empty_split_is_refused():
    with pytest.raises(InputError, match="at least one calibration image"):
        calibration_data(IDS[:0], IMAGES[:0], 5, RANGE)


def test_images_unlike_the_training_data_are_refused():
    with pytest.raises(InputError, match="must be raw pixels"):
        calibration_data(IDS, IMAGES / 49, 50, (0, 255))


def training(labels=(0, -1, 1), **values):
    return TrainingData(IMAGES[:3], np.array(labels), **values)


def test_a_teacher_makes_every_image_useful_and_labels_only_some():
    taught = training(teacher_logits=np.zeros((3, 2)))
    np.testing.assert_array_equal(taught.usable_rows(), [0, 1, 2])
    alone = taught.without_teacher()
    np.testing.assert_array_equal(alone.usable_rows(), [0, 2])


def test_neither_teacher_nor_label_is_refused():
    with pytest.raises(InputError, match="needs labels, received 3 examples"):
        training((-1, -1, -1)).usable_rows()


def test_training_data_that_does_not_fit_together_is_refused():
    with pytest.raises(InputError, match="3 images and 2 labels"):
        training((0, 1))
    with pytest.raises(InputError, match=r"each of the 3 .* shape \(2, 2\)"):
        training(teacher_logits=np.zeros((2, 2)))
    with pytest.raises(InputError, match="finite: False"):
        training(teacher_logits=np.full((3, 2), np.nan))
    with pytest.raises(InputError, match="infinity found in 1 of 3"):
        TrainingData(np.array([[1.0], [np.inf], [2.0]]), np.zeros(3))


def test_calibration_covers_images_that_come_class_by_class():
    images = np.repeat(np.arange(10.0), 100).reshape(-1, 1, 1, 1)
    found = data_of(images)
    picked, counts = np.unique(found.images, return_counts=True)
    assert list(picked) == list(range(10))
    assert counts.min() >= 10
    np.testing.assert_array_equal(images[found.example_ids], found.images)


def test_labels_in_a_column_are_class_numbers():
    labels = np.arange(50)[:, None]
    np.testing.assert_array_equal(
        data_of((IMAGES, labels)).training.labels, labels[:, 0]
    )


def test_labels_and_teacher_of_other_classes_are_refused():
    with pytest.raises(InputError, match=r"argmax\(axis=1\)"):
        data_of((IMAGES, np.eye(50)))
    training((0, -1, 1)).check_classes(2)
    with pytest.raises(InputError, match=r"in \[0, 1\].* received 2\."):
        training((0, -1, 2)).check_classes(2)
    with pytest.raises(InputError, match="student's 2 classes"):
        training(teacher_logits=np.zeros((3, 5))).check_classes(2)


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        ((0, -2, 1), r"int64 values such as \[-2, 0, 1\]"),
        ((0, 0.5, 1), r"0\.5"),
        ((0, np.nan, 1), "nan"),
        (("cat", "dog", "cat"), "'cat', 'dog'"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels, shown):
    with pytest.raises(InputError, match=f"whole class numbers.*{shown}"):
        training(np.array(labels))


@pytest.mark.parametrize(
    ("data", "received"),
    [
        ([IMAGES, np.zeros(50, int)], "a list of 2: ndarray, ndarray"),
        ((IMAGES, np.zeros(50, int), None), "a tuple of 3"),
        ({"image": IMAGES}, "a dict"),
    ],
)
def test_data_of_another_form_is_refused(data, received):
    with pytest.raises(InputError, match=rf"\(images, labels\).*{received}"):
        data_of(data)


def test_a_teacher_may_have_one_output_in_a_dict_and_not_two():
    inputs = keras.Input(IMAGES.shape[1:])
    flat = keras.layers.Flatten()(inputs)
    logits = keras.layers.Dense(2)(flat)
    data = (IMAGES, np.zeros(50, int))
    teacher = keras.Model(inputs, {"logits": logits})
    found = data_of(data, teacher, True).training.teacher_logits
    expected = teacher.predict(IMAGES, verbose=0)["logits"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    answers = data_of(data, expected.tolist(), True).training.teacher_logits
    np.testing.assert_array_equal(answers, expected)
    teacher = keras.Model(inputs, {"logits": logits, "flat": flat})
    with pytest.raises(InputError, match="one output, logits, received 2"):
        data_of(data, teacher, True)


def test_probabilities_of_a_teacher_become_logits():
    data = (IMAGES, np.zeros(50, int))
    answers = np.tile([[0.75, 0.25]], (50, 1))
    found = data_of(data, answers, needs_teacher=True).training.teacher_logits
    # softmax(log p) = p.
    np.testing.assert_allclose(np.exp(found), answers, rtol=1e-6)


def test_images_and_labels_become_data():
    images = (np.arange(300) % 256).astype(np.uint8).reshape(300, 1, 1, 1)
    data = data_of((images, np.zeros(300, int)))
    assert data.value_range == (0, 255)
    assert data.images.shape == (200, 1, 1, 1)
    assert len(data.training.images) == 300
    assert data_of(IMAGES).value_range == (0, 49)
    assert data_of(IMAGES).training is None


def test_the_teacher_answers_only_where_it_is_needed():
    class Teacher:
        pass

    data = (IMAGES, np.zeros(50, int))
    assert data_of(data, Teacher()).training.teacher_logits is None
    logits = np.zeros((50, 3))
    taught = data_of(data, logits, needs_teacher=True)
    assert taught.training.teacher_logits is logits


def test_data_that_is_complete_stays_as_it_is():
    data = CompressionData(IDS, IMAGES, RANGE)
    assert data_of(data) is data
