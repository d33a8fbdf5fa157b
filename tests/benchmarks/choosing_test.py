import pathlib
import re
import types

import pytest

from benchmarks import choosing
from benchmarks import leaderboard_across
from tfkd import errors
from tfkd import methods


def keys():
    # `choosing` puts the folder of the learning table on the path.
    from learning_cases import CASES

    return [k for k, case in CASES.items() if case.task == choosing.PROTOCOL]


def equation(path):
    text = path.read_text(encoding="utf-8")
    start = text.index("Equation:")
    return text[start : text.index("Symbols:", start)]


@pytest.mark.parametrize("key", keys())
def test_the_equation_holds_scores_where_the_guide_says_so(key):
    path = methods.get(key).path
    # z_t are the teacher's scores; KDGAN's are p_t, and p_c the student's.
    scores = re.search(r"\bz_t\b|p_t \|\| p_c", equation(path)) is not None
    assert (choosing.kind_of(path) in ("logits", "both")) == scores


def test_features_beside_scores_are_both():
    kinds = {
        key: choosing.kind_of(methods.get(key).path)
        for key in ("afd_audio", "anc", "fitnet", "ksanc", "ktan", "cgan_kd")
    }
    assert kinds == {**dict.fromkeys(kinds, "both"), "cgan_kd": "logits"}


def test_methods_without_current_runs_are_named():
    found = {kind: [] for kind in choosing.KINDS}
    found["logits"] = [(9.0, "hinton_kd"), (-1.0, "eskd")]
    text = choosing.block(found, ["takd"])
    assert (
        "| class scores | 2 | +4.0 | `hinton_kd` +9.0 | `eskd` -1.0 |" in text
    )
    assert text.endswith("Not measured with their present code: `takd`.")
    assert "Not measured" not in choosing.block(found, [])


def test_each_kind_has_its_median_in_each_task():
    gains = {"hinton_kd": (2.0, 4.0), "takd": (3.0, 1.0), "ban": (9.0, 9.0)}
    rows = [
        types.SimpleNamespace(
            entry=key,
            found={
                name: types.SimpleNamespace(
                    gain=types.SimpleNamespace(mean=gain)
                )
                for name, gain in zip(("a", "b"), pair)
            },
        )
        for key, pair in gains.items()
    ]
    across = leaderboard_across.Across(["a", "b"], rows, 1.0, ("b",))
    found = {kind: [] for kind in choosing.KINDS}
    found["logits"] = [(9.0, "hinton_kd"), (8.0, "takd"), (7.0, "eskd")]
    lines = choosing.tasks_block(found, across).splitlines()
    assert (
        lines[0] == "| what is compared | methods | a | b, no fair baseline |"
    )
    assert lines[2:] == ["| class scores | 2 | +2.5 | +2.5 |"]
    assert choosing.tasks_block(found, None).startswith("Fewer than two")


def test_stars_are_those_of_the_table():
    text = "`a`\n## By what you have\n| x | `a`, `b`\\*, `c`\\* |"
    found = choosing.starred(text, {"a": True, "b": False})
    assert found == "`a`\n## By what you have\n| x | `a`\\*, `b`, `c`\\* |"


def test_a_block_is_replaced_between_its_marks():
    text = "1\n<!-- x:begin -->\nold\n<!-- x:end -->\n2"
    expected = "1\n<!-- x:begin -->\nnew\n<!-- x:end -->\n2"
    assert choosing.replaced(text, "x", "new") == expected


def test_the_guide_marks_what_does_not_gain_in_the_learning_table():
    page = choosing.HERE.parent / "docs/results/learning.md"
    row = r"^\| `(\w+)` \| \w+ \| [^|]+ \| [^|]+ \| ([+-][\d.]+) ± ([\d.]+)"
    rows = re.findall(row, page.read_text(encoding="utf-8"), re.M)
    flat = {key: float(mean) <= float(spread) for key, mean, spread in rows}
    guide = choosing.GUIDE.read_text(encoding="utf-8")
    _, _, table = guide.partition("## By what you have")
    named = re.findall(r"`(\w+)`(\\\*)?", table)
    assert len(named) > 40
    for key, star in named:
        if key in flat:
            assert bool(star) == flat[key], key


def test_a_method_that_nothing_tells_is_not_guessed(tmp_path):
    path = pathlib.Path(tmp_path, "adversarial/new.py")
    path.parent.mkdir()
    path.write_text("from tfkd.losses import FeatureMatch\n")
    with pytest.raises(errors.InputError, match="What new compares"):
        choosing.kind_of(path)
