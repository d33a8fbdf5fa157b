"""What a run would do, without doing it and without TensorFlow or Beam."""

import dataclasses
import os

from tfkd.components.base.system_node import SystemNode
from tfkd.pipelines import cache
from tfkd.pipelines import fingerprint
from tfkd.pipelines import system_nodes
from tfkd.pipelines.metadata import MetadataStore

CACHED = "cached"
RUN = "run"
RUN_UPSTREAM = "run (upstream changes)"


@dataclasses.dataclass(frozen=True)
class PlannedNode:
    """What a run would do with one component.

    Attributes:
        node_id: The component's id.
        component: Name of its class.
        inputs: Input key to `"<producer>.<output key>"`.
        parameters: Parameter name to value.
        state: `cached`, `run`, or `run (upstream changes)`: it is reused
            after all if its inputs come out with the same content.
        reason: Why it would run; empty if cached.
    """

    node_id: str
    component: str
    inputs: dict
    parameters: dict
    state: str
    reason: str = ""


def plan(pipeline, force_nodes=()):
    """Returns a `PlannedNode` for each component, in order.

    Writes nothing, but for a store of metadata that already exists and must
    roll back a transaction that was cut off.

    Raises:
        InputError: If the metadata store or a parameter is not usable, or a
            package is missing.
    """
    fingerprint.check_packages(pipeline.components)
    store = None
    if os.path.exists(pipeline.metadata_path):
        store = MetadataStore(pipeline.metadata_path)
    planned, digests = [], {}
    for component in pipeline.components:
        state, reason = _decide(
            pipeline, component, store, digests, force_nodes
        )
        planned.append(
            PlannedNode(
                component.id,
                type(component).__name__,
                {
                    key: f"{channel.producer.id}.{channel.key}"
                    for key, channel in component.inputs.items()
                },
                dict(component.exec_properties),
                state,
                reason,
            )
        )
    return planned


def _decide(pipeline, component, store, digests, force_nodes):
    """Returns state and reason; adds a hit's content digests to `digests`."""
    changing = [
        id for id in pipeline.upstream_of(component.id) if id not in digests
    ]
    if changing:
        return RUN_UPSTREAM, f"waits for {', '.join(changing)}"
    inputs = {
        key: digests[channel.producer.id][channel.key]
        for key, channel in component.inputs.items()
    }
    if isinstance(component, SystemNode):
        found = system_nodes.look_up(store, pipeline, component, inputs)
    else:
        found = cache.fingerprinted(pipeline, component, inputs)
        force = component.id in force_nodes
        cache.search(found, store, pipeline, component, force)
    if found.outputs is None:
        return RUN, found.reason
    digests[component.id] = {
        key: [item.custom_properties[cache.DIGEST_PROPERTY] for item in items]
        for key, items in found.outputs.items()
    }
    return CACHED, ""
