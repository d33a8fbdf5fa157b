import dataclasses
import re

import numpy as np

from tests.report.diagnosis import synthetic
from tfkd.report.diagnosis import figures
from tfkd.report.diagnosis.similarity import Similarity


def test_same_numbers_give_the_same_markup():
    first, second = (figures.similarity(synthetic.measured()) for _ in range(2))
    assert first == second


def test_heat_map_leaves_out_layers_that_answer_all_alike():
    text = figures.similarity(synthetic.measured())
    assert "0.80" in text
    assert "nan" not in text


def test_heat_map_of_many_layers_has_no_numbers():
    taps = tuple(f"layer{i}" for i in range(9))
    found = Similarity(taps, taps, np.full((9, 9), 0.25), (), 50)
    text = figures.similarity(synthetic.measured(similarity=found))
    assert "0.25" not in text
    assert "Suggested pairs: none" in text


def test_long_names_of_layers_take_no_room_from_the_cells():
    found = synthetic.similarity()
    long = dataclasses.replace(found, student_taps=("b" * 20, "logits"))
    long = dataclasses.replace(long, pairs=())
    drawn = [
        figures.similarity(synthetic.measured(similarity=similarity))
        for similarity in (found, long)
    ]
    heights = [
        float(re.search(r'viewBox="0 0 \S+ (\S+)"', s)[1]) for s in drawn
    ]
    # Points: 14 more letters of 9.5 points, turned upright.
    assert heights[1] - heights[0] > 70


def test_of_many_classes_those_that_changed_most_are_drawn():
    count = figures.CLASSES + 5
    names = tuple(f"class{i}" for i in range(count))
    rows = tuple((i, 10, 0.01 * i) for i in range(count))
    text = figures.classes(synthetic.measured(class_names=names, classes=rows))
    assert "class28" in text
    assert "class4 " not in text


def test_classes_are_compared_with_the_teacher_without_a_control():
    found = synthetic.without(synthetic.measured(), "control")
    assert "student minus teacher" in figures.classes(found)


def test_entropy_marks_the_temperature_in_use_and_the_suggested_one():
    text = figures.entropy(
        synthetic.measured(softening=synthetic.softening(suggested=6.5))
    )
    assert "in use: T = 4" in text
    assert "suggested: T = 6.5" in text


def test_nested_layers_go_by_their_own_names_where_these_are_distinct():
    assert figures._short(("net/a", "net/b", "top")) == ["a", "b", "top"]
    assert figures._short(("a/conv", "b/conv")) == ["a/conv", "b/conv"]
    (long,) = figures._short(("block_with_a_long_name_expand",))
    assert len(long) == 20
    assert long.endswith("long_name_expand")
