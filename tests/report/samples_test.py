import base64
import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from tests.report import synthetic_run
from tfkd.report import results
from tfkd.report import samples


def decode(uri):
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.array(Image.open(io.BytesIO(data)))


def one_hot(answers, classes=2):
    return 0.1 + 0.8 * np.eye(classes, dtype=np.float32)[answers]


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    run = results.read(synthetic_run.write(tmp_path, classes=2), title="T")
    #              right  control  int8    both    teacher
    # true         0      0        0       0       0
    arrays = {
        "example_ids": np.array(["a", "b", "c", "d", "e"]),
        "labels": np.zeros(5, int),
        "images": np.zeros((5, 2, 2, 1), np.uint8),
        "teacher_probabilities": one_hot([0, 0, 0, 1, 1]),
        "control_probabilities": one_hot([0, 1, 0, 1, 0]),
        "student_int8_probabilities": one_hot([0, 0, 1, 1, 0]),
    }
    return dataclasses.replace(run, predictions=arrays)


def test_each_image_is_in_the_group_of_its_answers(run):
    groups = samples.groups(run)
    found = {g["title"]: [card["id"] for card in g["cards"]] for g in groups}
    assert found == {
        "Student int8 right, control wrong": ["b"],
        "Student int8 wrong, teacher right": ["c"],
        "Student int8 and teacher wrong": ["d"],
        "Student int8 and control right, teacher wrong": ["e"],
        "All right": ["a"],
    }


def test_answers_are_named_with_their_confidence(run):
    card = samples.groups(run)[0]["cards"][0]
    control = card["answers"][1]
    assert (control["label"], control["answer"]) == ("Control", "1")
    assert not control["right"]
    assert control["confidence"] == pytest.approx(90)
    assert card["alt"] == "Test image of class 0"


def test_groups_say_how_many_images_they_stand_for(run):
    for key in run.predictions:
        run.predictions[key] = np.repeat(run.predictions[key], 4, axis=0)
    group = samples.groups(run, each=3)[0]
    assert (len(group["cards"]), group["total"]) == (3, 4)


def test_there_are_no_samples_without_images(run):
    del run.predictions["images"]
    assert samples.groups(run) == []


def test_pixels_are_scaled_from_the_declared_range():
    image = np.array([[-1.0, 0.0], [1.0, 3.0]], np.float32)[..., np.newaxis]
    pixels = decode(samples.data_uri(image, (-1, 1)))
    # 0 is the middle of -1 to 1: 127.5, rounded to even; 3 is clipped.
    assert pixels.tolist() == [[0, 128], [255, 255]]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((4, 5), (4, 5)),
        ((4, 5, 3), (4, 5, 3)),
        ((4, 5, 2), (4, 5)),
        ((256, 512, 3), (64, 128, 3)),
    ],
)
def test_images_of_any_shape_become_small_pictures(shape, expected):
    uri = samples.data_uri(np.full(shape, 7, np.uint8), (0, 255))
    assert decode(uri).shape == expected


def test_the_judged_file_is_shown_whatever_its_variant(run):
    run.metrics["judged"] = "student_float16"
    answers = run.predictions.pop("student_int8_probabilities")
    run.predictions["student_float16_probabilities"] = answers
    groups = samples.groups(run)
    assert groups[0]["title"] == "student float16 right, control wrong"
    assert [a["model"] for a in groups[0]["cards"][0]["answers"]] == [
        "teacher",
        "control",
        "student_float16",
    ]
