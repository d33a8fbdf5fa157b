"""What the real ML Metadata client sees in a store, and what it adds.

Run by ml_metadata_test.py in an environment that has `ml-metadata` and nothing
of tfkd: `ml_metadata_client.py STORE read|add`. Prints JSON.
"""

import json
import sys

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

PROPERTY_TYPES = {pb.INT: "int", pb.DOUBLE: "double", pb.STRING: "string"}


def open_store(path):
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = path
    return metadata_store.MetadataStore(config)


def types(found):
    return {
        item.name: {
            "base": item.base_type,
            "properties": {
                key: PROPERTY_TYPES[value]
                for key, value in item.properties.items()
            },
        }
        for item in found
    }


def values(properties):
    return {
        key: getattr(value, value.WhichOneof("value"))
        for key, value in properties.items()
    }


def steps(event):
    return [getattr(s, s.WhichOneof("value")) for s in event.path.steps]


def read(store):
    executions = store.get_executions()
    events = store.get_events_by_execution_ids([e.id for e in executions])
    return {
        "artifact_types": types(store.get_artifact_types()),
        "execution_types": types(store.get_execution_types()),
        "contexts": sorted(
            (store.get_context_types_by_id([c.type_id])[0].name, c.name)
            for c in store.get_contexts()
        ),
        "artifacts": {
            item.id: {
                "type": item.type,
                "uri": item.uri,
                "state": pb.Artifact.State.Name(item.state),
                "properties": values(item.properties),
                "custom": values(item.custom_properties),
                "contexts": sorted(
                    c.name for c in store.get_contexts_by_artifact(item.id)
                ),
            }
            for item in store.get_artifacts()
        },
        "executions": {
            item.id: {
                "type": item.type,
                "state": pb.Execution.State.Name(item.last_known_state),
                "custom": values(item.custom_properties),
            }
            for item in executions
        },
        "events": [
            (e.execution_id, e.artifact_id, e.type, steps(e)) for e in events
        ],
        "by_uri": [
            item.id
            for item in store.get_artifacts_by_uri(store.get_artifacts()[0].uri)
        ],
    }


def add(store):
    """Declares our type again, and adds an execution that uses a model."""
    model_type = store.get_artifact_type("Model")
    again = pb.ArtifactType(name="Model", base_type=model_type.base_type)
    same = store.put_artifact_type(again, can_add_fields=True)
    execution_type = pb.ExecutionType(
        name="their.Judge", properties={"level": pb.INT}
    )
    execution = pb.Execution(
        type_id=store.put_execution_type(execution_type),
        last_known_state=pb.Execution.COMPLETE,
        name="judge",
    )
    execution.properties["level"].int_value = 3
    [model] = [
        item
        for item in store.get_artifacts_by_type("Model")
        if item.custom_properties["producer_component"].string_value
        == "Student"
    ]
    output = pb.Artifact(type_id=same, uri="/theirs", state=pb.Artifact.LIVE)
    output.custom_properties["bool"].bool_value = True
    output.custom_properties["struct"].struct_value.update({"a": [1, 2]})
    used = pb.Event(artifact_id=model.id, type=pb.Event.INPUT)
    used.path.steps.add().key = "model"
    made = pb.Event(type=pb.Event.OUTPUT)
    made.path.steps.add().key = "judged"
    context = store.get_context_by_type_and_name("pipeline", "fake")
    ids = store.put_execution(
        execution, [(model, used), (output, made)], [context]
    )
    return {"same_type": same == model_type.id, "execution": ids[0]}


if __name__ == "__main__":
    answer = globals()[sys.argv[2]](open_store(sys.argv[1]))
    sys.stdout.write(json.dumps(answer))
