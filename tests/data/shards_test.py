import pytest

from tfkd.components.base import beam
from tfkd.data import shards
from tfkd.errors import InputError


def double(task):
    if task["value"] == 13:
        raise InputError("13 is not allowed")
    return {"value": 2 * task["value"]}


def lose_the_second(name, function):
    if not name.endswith("00001"):
        shards._run(name, function)


def test_reports_come_in_the_order_of_the_tasks(tmp_path):
    tasks = [{"value": value} for value in (3, 1, 2)]
    reports = shards.map_shards(beam.pipeline(), double, tasks, tmp_path)
    assert reports == [{"value": 6}, {"value": 2}, {"value": 4}]


def test_an_input_error_arrives_as_itself(tmp_path):
    tasks = [{"value": 1}, {"value": 13}]
    with pytest.raises(InputError, match="^13 is not allowed$"):
        shards.map_shards(beam.pipeline(), double, tasks, tmp_path)


def test_a_lost_shard_is_noticed(tmp_path, monkeypatch):
    import apache_beam

    original = apache_beam.Map
    run = shards._run

    def lossy_map(function, *arguments):
        if function is run:
            function = lose_the_second
        return original(function, *arguments)

    monkeypatch.setattr(apache_beam, "Map", lossy_map)
    tasks = [{"value": value} for value in (1, 2, 3)]
    with pytest.raises(RuntimeError, match="lost the shard 00001"):
        shards.map_shards(beam.pipeline(), double, tasks, tmp_path)
