"""The typed reads and writes that are possible within one transaction."""

import time

from tfkd.errors import InputError
from tfkd.pipelines.metadata.records import ArtifactRecord
from tfkd.pipelines.metadata.records import ArtifactState
from tfkd.pipelines.metadata.records import EventType
from tfkd.pipelines.metadata.records import ExecutionRecord
from tfkd.pipelines.metadata.records import ExecutionState
from tfkd.pipelines.metadata.records import PropertyType
from tfkd.pipelines.metadata.records import TypeKind

_PROPERTY_TYPES = {
    int: PropertyType.INT,
    float: PropertyType.DOUBLE,
    str: PropertyType.STRING,
    bool: PropertyType.BOOLEAN,
}
# `bool` before `int`: a bool is an int in Python.
_VALUE_COLUMNS = (
    (bool, "bool_value"),
    (int, "int_value"),
    (float, "double_value"),
    (str, "string_value"),
)


def _now():
    return time.time_ns() // 1_000_000


class Transaction:
    """Reads and writes on one connection; made by `MetadataStore`."""

    def __init__(self, connection):
        self._connection = connection
        self._execute = connection.execute

    def put_type(self, kind, name, properties=(), base_type=None):
        """Returns the id of a type; creates it or adds missing properties.

        Args:
            kind: A `TypeKind`.
            name: The type's name.
            properties: Mapping of name to int, float, str or bool.
            base_type: ML Metadata's base type, such as `"Model"`.

        Raises:
            InputError: If the store declares a property with another type.
        """
        type_id = self.type_id(kind, name)
        if type_id is None:
            type_id = self._execute(
                "INSERT INTO Type (name, type_kind) VALUES (?, ?)",
                (name, int(kind)),
            ).lastrowid
            if base_type is not None:
                parent = self.type_id(kind, f"mlmd.{base_type}")
                self._execute(
                    "INSERT INTO ParentType VALUES (?, ?)", (type_id, parent)
                )
        rows = self._execute(
            "SELECT name, data_type FROM TypeProperty WHERE type_id = ?",
            (type_id,),
        )
        known = dict(map(tuple, rows))
        for key, value_type in dict(properties).items():
            data_type = int(_PROPERTY_TYPES[value_type])
            if known.setdefault(key, data_type) != data_type:
                raise InputError(
                    f"The metadata store declares the property {key!r} of "
                    f"{name} with data type {known[key]}, this version needs "
                    f"{data_type}. Use another metadata_path."
                )
            self._execute(
                "INSERT OR IGNORE INTO TypeProperty VALUES (?, ?, ?)",
                (type_id, key, data_type),
            )
        return type_id

    def type_id(self, kind, name):
        """Returns the id of a type, or None."""
        row = self._execute(
            "SELECT id FROM Type WHERE name = ? AND type_kind = ? "
            "AND version IS NULL",
            (name, int(kind)),
        ).fetchone()
        return row["id"] if row else None

    def put_context(self, type_name, name):
        """Returns the id of a context; creates it and its type if absent."""
        found = self.context_id(type_name, name)
        if found is not None:
            return found
        type_id = self.put_type(TypeKind.CONTEXT, type_name)
        return self._execute(
            "INSERT INTO Context (type_id, name, create_time_since_epoch, "
            "last_update_time_since_epoch) VALUES (?, ?, ?, ?)",
            (type_id, name, _now(), _now()),
        ).lastrowid

    def context_id(self, type_name, name):
        """Returns the id of a context, or None."""
        row = self._execute(
            "SELECT Context.id FROM Context JOIN Type ON type_id = Type.id "
            "WHERE Type.name = ? AND Type.type_kind = 2 AND Context.name = ?",
            (type_name, name),
        ).fetchone()
        return row["id"] if row else None

    def put_execution(
        self,
        type_name,
        state,
        name,
        custom_properties=(),
        contexts=(),
        min_id=1,
        base_type=None,
    ):
        """Adds an execution and returns its id, which is at least `min_id`."""
        last = self._execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'Execution'"
        ).fetchone()
        id = max(min_id, (last["seq"] if last else 0) + 1)
        type_id = self.put_type(
            TypeKind.EXECUTION, type_name, base_type=base_type
        )
        self._execute(
            "INSERT INTO Execution (id, type_id, last_known_state, name, "
            "create_time_since_epoch, last_update_time_since_epoch) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (id, type_id, int(state), name, _now(), _now()),
        )
        self.set_properties("Execution", id, custom_properties, custom=True)
        for context in contexts:
            self.associate(context, id)
        return id

    def associate(self, context_id, execution_id):
        """Puts an execution into a context."""
        self._execute(
            "INSERT OR IGNORE INTO Association (context_id, execution_id) "
            "VALUES (?, ?)",
            (context_id, execution_id),
        )

    def attribute(self, context_id, artifact_id):
        """Puts an artifact into a context."""
        self._execute(
            "INSERT OR IGNORE INTO Attribution (context_id, artifact_id) "
            "VALUES (?, ?)",
            (context_id, artifact_id),
        )

    def set_execution_state(self, id, state, custom_properties=()):
        """Sets the state of an execution, and adds custom properties."""
        self._execute(
            "UPDATE Execution SET last_known_state = ?, "
            "last_update_time_since_epoch = ? WHERE id = ?",
            (int(state), _now(), id),
        )
        self.set_properties("Execution", id, custom_properties, custom=True)

    def put_artifact(
        self,
        type_id,
        uri,
        name=None,
        properties=(),
        custom_properties=(),
        contexts=(),
    ):
        """Adds a LIVE artifact and returns its id."""
        id = self._execute(
            "INSERT INTO Artifact (type_id, uri, state, name, "
            "create_time_since_epoch, last_update_time_since_epoch) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (type_id, uri, int(ArtifactState.LIVE), name, _now(), _now()),
        ).lastrowid
        self.set_properties("Artifact", id, properties, custom=False)
        self.set_properties("Artifact", id, custom_properties, custom=True)
        for context in contexts:
            self.attribute(context, id)
        return id

    def set_artifact_state(self, id, state):
        """Sets the state of an artifact."""
        self._execute(
            "UPDATE Artifact SET state = ?, "
            "last_update_time_since_epoch = ? WHERE id = ?",
            (int(state), _now(), id),
        )

    def put_event(self, artifact_id, execution_id, type, key, index=0):
        """Joins an artifact to an execution under an input or output key."""
        found = self._execute(
            "SELECT 1 FROM Event WHERE artifact_id = ? AND execution_id = ? "
            "AND type = ?",
            (artifact_id, execution_id, int(type)),
        ).fetchone()
        # The schema has one event for an artifact and an execution, even if
        # the artifact arrives by two inputs: the first key stays.
        if found:
            return
        event = self._execute(
            "INSERT INTO Event (artifact_id, execution_id, type, "
            "milliseconds_since_epoch) VALUES (?, ?, ?, ?)",
            (artifact_id, execution_id, int(type), _now()),
        ).lastrowid
        self._connection.executemany(
            "INSERT INTO EventPath VALUES (?, ?, ?, ?)",
            [(event, 0, None, key), (event, 1, index, None)],
        )

    def set_properties(self, table, id, values, custom):
        """Writes properties of an Artifact, Execution or Context.

        Raises:
            TypeError: If a value is not a bool, int, float or str.
        """
        for key, value in dict(values).items():
            columns = [c for t, c in _VALUE_COLUMNS if isinstance(value, t)]
            if not columns:
                raise TypeError(
                    f"Property {key!r} must be a bool, int, float or str, "
                    f"received {value!r}."
                )
            self._execute(
                f"INSERT OR REPLACE INTO {table}Property ({table.lower()}_id, "
                f"name, is_custom_property, {columns[0]}) VALUES (?, ?, ?, ?)",
                (id, key, int(custom), value),
            )

    def executions(self, context_ids=(), states=()):
        """Returns executions within all the contexts, newest first."""
        query = (
            "SELECT Execution.*, Type.name AS type_name FROM Execution "
            "JOIN Type ON Type.id = type_id WHERE 1"
        )
        for _ in context_ids:
            query += (
                " AND Execution.id IN (SELECT execution_id FROM Association "
                "WHERE context_id = ?)"
            )
        if states:
            numbers = ", ".join(str(int(state)) for state in states)
            query += f" AND last_known_state IN ({numbers})"
        query += " ORDER BY Execution.id DESC"
        rows = self._execute(query, tuple(context_ids)).fetchall()
        return [self._execution(row) for row in rows]

    def _execution(self, row):
        properties, custom = self._properties("Execution", row["id"])
        return ExecutionRecord(
            row["id"],
            row["type_name"],
            ExecutionState(row["last_known_state"] or ExecutionState.NEW),
            row["name"],
            row["create_time_since_epoch"],
            row["last_update_time_since_epoch"],
            properties,
            custom,
        )

    def _properties(self, table, id):
        rows = self._execute(
            f"SELECT * FROM {table}Property WHERE {table.lower()}_id = ?", (id,)
        )
        found = ({}, {})
        for row in rows:
            value = next(
                (
                    value_type(row[column])
                    for value_type, column in _VALUE_COLUMNS
                    if row[column] is not None
                ),
                None,
            )
            found[row["is_custom_property"]][row["name"]] = value
        return found

    def artifacts_of(self, execution_id, type=EventType.OUTPUT):
        """Returns the artifacts of an execution: key to list, by index."""
        rows = self._execute(
            "SELECT Artifact.*, Type.name AS type_name, Event.id AS event_id "
            "FROM Event JOIN Artifact ON Artifact.id = artifact_id "
            "JOIN Type ON Type.id = type_id "
            "WHERE execution_id = ? AND Event.type = ?",
            (execution_id, int(type)),
        ).fetchall()
        found = []
        for row in rows:
            steps = self._execute(
                "SELECT * FROM EventPath WHERE event_id = ? ORDER BY rowid",
                (row["event_id"],),
            ).fetchall()
            key = next((s["step_key"] for s in steps if s["step_key"]), "")
            index = next((s["step_index"] for s in steps if s[1]), 0)
            found.append((key, index, self._artifact(row)))
        outputs = {}
        for key, _, artifact in sorted(found, key=lambda item: item[:2]):
            outputs.setdefault(key, []).append(artifact)
        return outputs

    def _artifact(self, row):
        properties, custom = self._properties("Artifact", row["id"])
        return ArtifactRecord(
            row["id"],
            row["type_name"],
            row["uri"],
            ArtifactState(row["state"] or ArtifactState.PENDING),
            row["name"],
            properties,
            custom,
        )

    def artifacts(self, context_id=None):
        """Returns all artifacts, or those within a context, oldest first."""
        within, values = "", ()
        if context_id is not None:
            within = (
                "WHERE Artifact.id IN (SELECT artifact_id FROM Attribution "
                "WHERE context_id = ?) "
            )
            values = (context_id,)
        rows = self._execute(
            "SELECT Artifact.*, Type.name AS type_name FROM Artifact "
            f"JOIN Type ON Type.id = type_id {within}ORDER BY Artifact.id",
            values,
        ).fetchall()
        return [self._artifact(row) for row in rows]

    def contexts(self, type_name):
        """Returns name to id of the contexts of a type, newest first."""
        rows = self._execute(
            "SELECT Context.id, Context.name FROM Context "
            "JOIN Type ON Type.id = type_id WHERE Type.name = ? "
            "AND Type.type_kind = 2 ORDER BY Context.id DESC",
            (type_name,),
        ).fetchall()
        return {row["name"]: row["id"] for row in rows}

    def contexts_of(self, execution_id, type_name):
        """Returns the names of an execution's contexts of a type."""
        rows = self._execute(
            "SELECT Context.name FROM Association "
            "JOIN Context ON Context.id = context_id "
            "JOIN Type ON Type.id = type_id "
            "WHERE execution_id = ? AND Type.name = ? ORDER BY Context.id",
            (execution_id, type_name),
        ).fetchall()
        return [row["name"] for row in rows]

    def producer_of(self, artifact_id):
        """Returns the execution that wrote an artifact, or None."""
        row = self._execute(
            "SELECT Execution.*, Type.name AS type_name FROM Event "
            "JOIN Execution ON Execution.id = execution_id "
            "JOIN Type ON Type.id = type_id "
            "WHERE artifact_id = ? AND Event.type = ? "
            "ORDER BY Execution.id LIMIT 1",
            (artifact_id, int(EventType.OUTPUT)),
        ).fetchone()
        return self._execution(row) if row else None

    def is_registered(self, uri):
        """Says whether any artifact has this URI."""
        row = self._execute("SELECT 1 FROM Artifact WHERE uri = ?", (uri,))
        return row.fetchone() is not None
