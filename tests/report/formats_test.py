import pytest

from tfkd.report import formats


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.percent(0.98123), "98.1"),
        (formats.percent(1), "100.0"),
        (formats.percent(None), "–"),
        (formats.percent(float("nan")), "–"),
        (formats.interval([0.97, 0.992]), "97.0, 99.2"),
        (formats.interval([0.97, 0.992], " to "), "97.0 to 99.2"),
        (formats.interval(None), "–"),
        (formats.points(0.108), "+10.8"),
        (formats.points(-0.012), "−1.2"),
        (formats.count(94986), "94,986"),
        (formats.kibibytes(10300), "10.1"),
        (formats.kibibytes(94371840), "92,160"),
        (formats.milliseconds(0.04126), "0.041"),
        (formats.milliseconds(3.14159), "3.14"),
        (formats.milliseconds(25.04), "25.0"),
        (formats.milliseconds(1234.5), "1,234"),
    ],
)
def test_numbers_have_one_format(text, expected):
    assert text == expected


def test_one_seed_has_no_spread():
    assert formats.spread(0.98, 0.0, 1) == "–"
    assert formats.spread(0.98, 0.003, 3) == "98.0 ± 0.3"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "yes"),
        (65536, "65,536"),
        (0.003, "0.003"),
        (None, "–"),
        ({"temperature": 4.0, "taps": ["a", "b"]}, "temperature=4, taps=a, b"),
        ([], "–"),
    ],
)
def test_any_value_becomes_short_text(value, expected):
    assert formats.plain(value) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"name": "cnn", "arguments": {"width": 4}}, "cnn (width=4)"),
        ({"path": "teacher.keras"}, "teacher.keras"),
        ({"build": "mine.models:build"}, "mine.models:build"),
    ],
)
def test_models_are_named_as_in_the_config(config, expected):
    assert formats.model(config) == expected


def test_long_names_are_cut():
    assert formats.shortened("Ankle boot", 20) == "Ankle boot"
    assert formats.shortened("Ankle boot", 6) == "Ankle…"
