import re
import types
import xml.etree.ElementTree

import pytest

from benchmarks import leaderboard_across as across
from benchmarks import leaderboard_picture as picture
from benchmarks import leaderboard_statistics as statistics


def row(entry, gain, half=0.5):
    return statistics.Row(
        entry=entry,
        accuracy=statistics.Estimate(80 + gain, 0.2),
        gain=statistics.Estimate(gain, half),
        over_hinton=None,
        gap=None,
        agreement=None,
        cost=1.0,
        seeds=5,
    )


def summary(name, gains, settings_of="fashion_1k", **values):
    task = types.SimpleNamespace(name=name, settings_of=settings_of)
    rows = [row(entry, gain) for entry, gain in gains.items()]
    found = {"task": task, "rows": rows, "refusal": "", "waiting": []}
    found |= {"unfair": "", "compared": True}
    return types.SimpleNamespace(**{**found, **values})


def two():
    return [
        summary("fashion_1k", {"at": 3.0, "sp": 2.0, "kp": -1.0}, ""),
        summary("fashion_100", {"sp": 4.0, "at": 1.0, "kp": 0.0, "nst": 5.0}),
    ]


def test_methods_of_all_tasks_are_ranked_by_their_mean_rank():
    found = across.across(two())
    assert found.tasks == ["fashion_1k", "fashion_100"]
    ranks = {each.entry: each.rank for each in found.rows}
    assert ranks == {"at": 1.5, "sp": 1.5, "kp": 3.0}
    assert list(ranks)[-1] == "kp"


@pytest.mark.parametrize(
    "third",
    [
        summary("data_free", {"at": 1.0, "sp": 2.0}, ""),
        summary("fashion_200", {"at": 1.0, "sp": 2.0}, waiting=["kp"]),
        summary("fashion_200", {"at": 1.0, "sp": 2.0}, refusal="at chance"),
        summary("fashion_200", {}),
        summary("fashion_200", {"at": 1.0, "sp": 2.0}, compared=False),
    ],
    ids=["other settings", "partial", "refused", "no method", "no classical"],
)
def test_a_task_that_is_not_comparable_stays_out(third):
    assert across.across([*two(), third]) == across.across(two())
    assert across.across([two()[0], third]) is None


def test_concordance_is_1_for_one_order_and_0_for_opposite_ones():
    assert across.concordance([[1, 2, 3]] * 4) == pytest.approx(1)
    assert across.concordance([[1, 2, 3], [3, 2, 1]]) == pytest.approx(0)
    # By hand: sums 3, 4, 5 around 4, so S = 2; W = 12 * 2 / (4 * 24).
    assert across.concordance([[1, 2, 3], [2, 2, 2]]) == pytest.approx(0.25)


def test_says_what_helps_everywhere_and_nowhere():
    said = " ".join(across.conclusions(across.across(two())))
    assert re.search(r"help in each of them: `(at|sp)`, `(at|sp)`\.", said)
    assert "help in none: `kp`." in said
    # -1.0 +- 0.5 is t = 5.55 and p = 0.005 with 4 degrees of freedom; 3 times
    # that is below 5 %.
    assert re.search(r"harm in at least one, [^:]*: `kp`\.", said)


def test_a_harm_that_many_comparisons_explain_is_none():
    one, other = two()
    # Of 13 methods: 13 times 0.005 is above 5 %.
    one.rows += [row(f"m{i}", 0.1) for i in range(10)]
    said = " ".join(across.conclusions(across.across([one, other])))
    assert "of that task: no method." in said


def test_a_task_whose_runs_others_repeat_is_shown_and_not_counted():
    gains = {"at": 1.0, "sp": 2.0, "kp": 3.0}
    born = summary("born_again", gains, unfair="weak")
    found, without = across.across([*two(), born]), across.across(two())
    assert found.tasks == [*without.tasks, "born_again"]
    assert found.agreement == without.agreement
    told = [(r.entry, r.rank, r.count("helps"), r.harmed) for r in found.rows]
    assert told == [
        (r.entry, r.rank, r.count("helps"), r.harmed) for r in without.rows
    ]
    assert across.markdown(found)[0].endswith(
        "| born_again, not counted, no fair baseline |"
    )
    said = " ".join(across.conclusions(found))
    assert "in all of these 2 tasks" in said
    assert "`born_again` is shown beside them and not counted" in said
    assert "no fair baseline, being below the classical model, in" in said
    assert across.across([two()[0], born]) is None


def test_methods_of_two_teachers_are_marked():
    gains = {"meal": 1.0, "rco": 2.0, "at": 0.0}
    tasks = [summary("fashion_1k", gains, ""), summary("fashion_100", gains)]
    text = "\n".join(across.markdown(across.across(tasks)))
    assert "| `meal`, *2 teachers* |" in text
    assert "| `rco`, *checkpoints* |" in text
    assert "| `at` |" in text


def test_the_table_has_a_column_a_task():
    lines = across.markdown(across.across(two()))
    assert lines[0].endswith("| fashion_1k | fashion_100 |")
    assert lines[-1] == "| `kp` | 3.0 | 0 | -1.0 | 0.0 |"
    assert "**+3.0** | **+1.0**" in next(x for x in lines if "`at`" in x)


def test_the_picture_names_all_and_is_the_same_each_time():
    found = across.across(two())
    svg = picture.render(found)
    assert svg == picture.render(found)
    texts = " ".join(xml.etree.ElementTree.fromstring(svg).itertext())
    for name in ("at", "sp", "kp", "+4.0", "-1.0", "best mean rank on top"):
        assert name in texts
