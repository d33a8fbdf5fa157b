import pytest

from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_grids as grids
from benchmarks import leaderboard_tasks
from benchmarks.leaderboard_budget import FULL
from tfkd import methods

TASKS = leaderboard_tasks.names()


@pytest.mark.parametrize("name", TASKS)
def test_every_method_enters_or_has_a_reason(name):
    task = leaderboard_tasks.get(name)
    entering, out = entries.entering(task), entries.left_out(task)
    assert sorted([*entering, *out]) == methods.names()
    assert all(out.values())


def test_cards_decide():
    main = leaderboard_tasks.get("fashion_1k")
    out = entries.left_out(main)
    assert "unlabelled" in out["mean_teacher"]
    assert "views" in out["cqd"]
    assert "sequence" in out["minilm"]
    assert "data_free" in out["dafl"]
    unlabelled = leaderboard_tasks.get("fashion_unlabelled")
    assert "mean_teacher" in entries.entering(unlabelled)
    views = leaderboard_tasks.get("cross_resolution")
    assert "cqd" in entries.entering(views)
    found = entries.entering(leaderboard_tasks.get("incremental"))
    assert {"bic", "eeil", "lucir"} <= set(found)
    assert {methods.get(key).section for key in found} == {"incremental"}
    assert (
        "route" in entries.left_out(leaderboard_tasks.get("born_again"))["rco"]
    )


def test_no_image_is_seen_but_by_the_noise_control():
    free = entries.entering(leaderboard_tasks.get("data_free"))
    sections = {methods.get(key).section for key in free}
    assert free[0] == "hinton_kd"
    assert sections == {"logits", "data_free"}


def test_the_best_known_come_first():
    keys = entries.entering(leaderboard_tasks.get("fashion_1k"))
    assert keys[: len(entries.FIRST)] == list(entries.FIRST)


def entering_anywhere():
    tasks = [leaderboard_tasks.get(name) for name in TASKS]
    return sorted({key for task in tasks for key in entries.entering(task)})


@pytest.mark.parametrize("key", entering_anywhere())
def test_grid_fits_the_method_and_the_budget(key):
    method = methods.get(key)
    points = grids.points(key, method)
    assert 1 <= len(points) <= FULL.grid_points
    for point in points:
        given = grids.resolved(point, steps=FULL.steps, examples=2000)
        methods.registry.check_arguments(key, given)
        steps = {**grids.numbers(method), **given}
        late = {
            name: value
            for name, value in steps.items()
            if name.endswith(("_steps", "_step")) and value > FULL.steps
        }
        assert not late, "set these in FIXED, as a share of the budget"


def test_tables_name_methods_only():
    named = {*grids.FIXED, *grids.TRIES, *grids.KINDS, *entries.LEFT_OUT}
    assert named <= set(methods.names())


def test_rules_scale_what_the_paper_sets():
    # T = 4 and b = 0.9 beside labels.
    found = grids.points("hinton_kd", methods.get("hinton_kd"))
    assert {p["temperature"] for p in found} == {2.0, 4.0, 8.0}
    assert {p["weight"] for p in found} == {0.9, 3.6}
    # b = 3000.
    found = grids.points("sp", methods.get("sp"))
    assert [p["weight"] for p in found] == [30.0, 300.0, 3000.0, 30000.0]
    # Two weights keep their ratio, 25 to 50.
    found = grids.points("rkd", methods.get("rkd"))
    assert all(
        p["angle_weight"] == pytest.approx(2 * p["distance_weight"])
        for p in found
    )


def test_shares_become_steps():
    point = {"hint_steps": grids.Share(0.2), "size": grids.Examples(), "p": 2}
    assert grids.resolved(point, steps=1250, examples=2000) == {
        "hint_steps": 250,
        "size": 2000,
        "p": 2,
    }
