import sqlite3
import threading

import pytest

from tfkd.errors import InputError
from tfkd.pipelines.metadata import ArtifactState
from tfkd.pipelines.metadata import EventType
from tfkd.pipelines.metadata import ExecutionState
from tfkd.pipelines.metadata import MetadataStore
from tfkd.pipelines.metadata import TypeKind
from tfkd.pipelines.metadata import schema


@pytest.fixture
def path(tmp_path):
    return tmp_path / "metadata ?#%.sqlite"


def _rows(path, query):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_creates_the_tables_of_schema_version_10(path):
    MetadataStore(path)
    assert _rows(path, "SELECT * FROM MLMDEnv") == [(10,)]
    kinds = "SELECT type, COUNT(*) FROM sqlite_master WHERE sql IS NOT NULL "
    # 15 tables of the schema and SQLite's own `sqlite_sequence`.
    assert _rows(path, kinds + "GROUP BY type ORDER BY type") == [
        ("index", 24),
        ("table", 16),
    ]
    assert _rows(path, "PRAGMA journal_mode") == [("delete",)]
    assert _rows(path, "PRAGMA user_version") == [(0,)]


def test_has_the_nine_built_in_types(path):
    MetadataStore(path)
    assert _rows(path, "SELECT id, name, type_kind FROM Type") == [
        (1, "mlmd.Dataset", 1),
        (2, "mlmd.Model", 1),
        (3, "mlmd.Metrics", 1),
        (4, "mlmd.Statistics", 1),
        (5, "mlmd.Train", 0),
        (6, "mlmd.Transform", 0),
        (7, "mlmd.Process", 0),
        (8, "mlmd.Evaluate", 0),
        (9, "mlmd.Deploy", 0),
    ]


def test_put_type_is_idempotent_and_adds_properties(path):
    with MetadataStore(path).transaction() as tx:
        first = tx.put_type(TypeKind.ARTIFACT, "Model", {"a": int}, "Model")
        again = tx.put_type(TypeKind.ARTIFACT, "Model", {"b": str}, "Model")
        assert first == again == 10
        assert tx.put_type(TypeKind.EXECUTION, "Model") == 11
    assert _rows(path, "SELECT * FROM ParentType") == [(10, 2)]
    assert _rows(path, "SELECT * FROM TypeProperty") == [
        (10, "a", 1),
        (10, "b", 3),
    ]


def test_put_type_refuses_a_property_of_another_type(path):
    with MetadataStore(path).transaction() as tx:
        tx.put_type(TypeKind.ARTIFACT, "M", {"a": int})
        with pytest.raises(InputError, match="property 'a' of M"):
            tx.put_type(TypeKind.ARTIFACT, "M", {"a": str})


def test_reads_back_what_it_wrote(path):
    store = MetadataStore(path)
    custom = {"i": 2**40, "d": 0.5, "s": "x", "b": True}
    with store.transaction() as tx:
        context = tx.put_context("pipeline", "p")
        assert tx.put_context("pipeline", "p") == context
        execution = tx.put_execution(
            "E", ExecutionState.RUNNING, "name", custom, [context]
        )
        type_id = tx.put_type(TypeKind.ARTIFACT, "A", {"span": int})
        artifact = tx.put_artifact(
            type_id, "/uri", "n", {"span": 3}, custom, [context]
        )
        tx.put_event(artifact, execution, EventType.OUTPUT, "model", 0)
        tx.set_execution_state(execution, ExecutionState.COMPLETE, {"z": 1})
    with store.snapshot() as tx:
        [found] = tx.executions([context], [ExecutionState.COMPLETE])
        assert found.custom_properties == custom | {"z": 1}
        assert type(found.custom_properties["b"]) is bool
        [record] = tx.artifacts_of(execution)["model"]
        assert (record.id, record.uri, record.type_name) == (1, "/uri", "A")
        assert record.state == ArtifactState.LIVE
        assert record.properties == {"span": 3}
        assert record.custom_properties == custom
        assert tx.is_registered("/uri")
        assert not tx.is_registered("/other")
    assert _rows(path, "SELECT * FROM EventPath") == [
        (1, 0, None, "model"),
        (1, 1, 0, None),
    ]


def test_executions_are_numbered_from_min_id(path):
    with MetadataStore(path).transaction() as tx:
        state = ExecutionState.RUNNING
        assert tx.put_execution("E", state, "a", min_id=7) == 7
        assert tx.put_execution("E", state, "b") == 8


def test_refuses_a_property_that_is_no_scalar(path):
    with (
        pytest.raises(TypeError, match="'k' must be a bool, int"),
        MetadataStore(path).transaction() as tx,
    ):
        tx.put_execution("E", ExecutionState.RUNNING, "a", {"k": [1]})


def test_rolls_back_on_any_error(path):
    store = MetadataStore(path)

    def put_and_fail():
        with store.transaction() as tx:
            tx.put_context("pipeline", "p")
            raise KeyError

    with pytest.raises(KeyError):
        put_and_fail()
    assert _rows(path, "SELECT COUNT(*) FROM Context") == [(0,)]


def test_two_first_runs_create_one_store(path):
    errors = []

    def create():
        try:
            MetadataStore(path)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert _rows(path, "SELECT COUNT(*) FROM Type") == [(9,)]


def test_refuses_another_schema_version(path):
    MetadataStore(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE MLMDEnv SET schema_version = 11")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="version 10.*but has 11"):
        MetadataStore(path)


def test_refuses_a_foreign_database(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (id INT)")
    connection.close()
    with pytest.raises(InputError, match="holds the tables.*recipes"):
        MetadataStore(path)


def test_refuses_a_file_that_is_no_database(path):
    path.write_bytes(b"not a database at all " * 100)
    with pytest.raises(InputError, match="damaged or is no SQLite file"):
        MetadataStore(path)


def test_refuses_a_truncated_database(path):
    MetadataStore(path)
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(InputError, match="damaged or is no SQLite file"):
        MetadataStore(path)


def test_refuses_a_file_in_a_missing_directory(tmp_path):
    with pytest.raises(InputError, match="existing directory"):
        MetadataStore(tmp_path / "no" / "metadata.sqlite")


def test_a_store_that_stays_locked_is_an_input_error(path, monkeypatch):
    store = MetadataStore(path)
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0)
    with (
        store.transaction(),
        pytest.raises(InputError, match="locked by another process"),
        store.transaction(),
    ):
        pytest.fail("Two writers at once.")
