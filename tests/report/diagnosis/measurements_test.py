import pytest

from tests.report.diagnosis import synthetic


@pytest.mark.parametrize(
    ("accuracy", "chance", "trained", "guessing"),
    [
        (0.5, 0.4, True, False),
        (0.4, 0.4, False, True),
        (None, 0.4, False, False),
        (0.5, None, False, False),
    ],
)
def test_guessing_is_known_only_with_labels(
    accuracy, chance, trained, guessing
):
    found = synthetic.measured(
        chance=chance, models=synthetic.models(student={"accuracy": accuracy})
    )
    assert found.trained("student") is trained
    assert found.guessing("student") is guessing


def test_the_student_is_compared_with_the_control_if_there_is_one():
    found = synthetic.measured()
    assert found.base == "control"
    assert synthetic.without(found, "control").base == "teacher"
    assert not synthetic.without(found, "control").trained("control")
