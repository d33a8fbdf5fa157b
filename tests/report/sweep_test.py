import re

import pytest
from matplotlib.backends import backend_agg
from matplotlib.figure import Figure

from tfkd.report import plots
from tfkd.report import sweep

FIELDS = ["distillation.method", "distillation.arguments.temperature"]


def row(point, method, student, **changes):
    return {
        "point": point,
        FIELDS[0]: method,
        FIELDS[1]: "4.0",
        "state": "finished",
        "teacher_accuracy": 0.988,
        "control_accuracy": 0.889,
        "student_accuracy": student,
        "gain": student - 0.889,
        "int8_accuracy": 0.95,
        "int8_bytes": 6656,
        "blessed": "yes",
        "seconds": "12.0",
        "error": "",
        **changes,
    }


def failed(point):
    empty = dict.fromkeys(
        ("student_accuracy", "control_accuracy", "teacher_accuracy", "gain"), ""
    )
    return (
        row(point, "at", 0.9)
        | empty
        | {
            "state": "failed",
            "error": "InputError: <no> stages",
        }
    )


@pytest.fixture(scope="module")
def page():
    rows = [row(1, "hinton_kd", 0.976), row(2, "rkd", 0.91), failed(3)]
    return sweep.render("sweep-0", rows, FIELDS, total=4)


def test_the_best_point_is_marked_and_named(page):
    assert "<strong>method=hinton_kd, temperature=4.0</strong>" in page
    (final,) = re.findall(r'<tr class="final">.*?</tr>', page, re.DOTALL)
    assert "97.6" in final
    assert "+8.7" in final


def test_a_failed_point_tells_why_and_is_not_drawn(page):
    assert "InputError: &lt;no&gt; stages" in page
    assert "3 of 4 points have run, 1 of them failed" in page
    assert "Test accuracy of 2 points" in page


def test_the_page_needs_nothing_from_outside(page):
    outside = re.findall(r'(?:src|href)="([^"#]+)', page)
    assert not outside


def test_the_same_rows_give_the_same_page(page):
    rows = [row(1, "hinton_kd", 0.976), row(2, "rkd", 0.91), failed(3)]
    assert sweep.render("sweep-0", rows, FIELDS, total=4) == page


def test_a_sweep_without_a_measured_point_has_no_figure():
    page = sweep.render("sweep-0", [failed(1)], FIELDS, total=1)
    assert "<svg" not in page


def test_of_many_points_the_best_are_drawn():
    last = sweep.DRAWN + 1
    # The last point is the best, and the first one the worst.
    rows = [
        row(n, "hinton_kd", 0.9 + n / 1000, **{FIELDS[1]: f"{n}.5"})
        for n in range(1, last + 1)
    ]
    page = sweep.render("sweep-0", rows, FIELDS, total=last)
    best = f"method=hinton_kd, temperature={last}.5"
    assert f"Test accuracy of {sweep.DRAWN} points. The best is {best}" in page
    (drawn,) = re.findall("<svg.*?</svg>", page, re.DOTALL)
    assert "temperature=2.5<" in drawn
    assert "temperature=1.5<" not in drawn


def test_of_equal_points_page_and_figure_name_the_first():
    rows = [row(1, "hinton_kd", 0.95), row(2, "rkd", 0.95)]
    page = sweep.render("sweep-0", rows, FIELDS, total=2)
    best = "method=hinton_kd, temperature=4.0"
    assert f"<strong>{best}</strong>" in page
    assert f"The best is {best}" in page


def test_a_long_error_does_not_widen_the_table(page):
    assert '<td colspan="8" class="wrong error">' in page
    assert ".error { min-width: 30rem; white-space: normal" in page


def test_what_the_axis_says_is_in_the_picture_beside_long_labels(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        plots, "drawn", lambda draw, *_, **__: drawn.append(draw)
    )
    name = "noisy_label_distillation_of_many"
    sweep.figure([row(1, name, 0.976), row(2, name, 0.91)], FIELDS)
    figure = Figure(figsize=(4.7, 1.9), layout="constrained")
    canvas = backend_agg.FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    drawn[0](axes)
    canvas.draw()
    box = axes.xaxis.label.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
