"""A pipeline: components, their order, and where their outputs live."""

import graphlib
import os
import re

from tfkd.components.base import beam
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.training import devices


class Pipeline:
    """A checked directed acyclic graph of components.

    Args:
        pipeline_name: At most 63 letters, digits, `_`, `-` or `.`.
        pipeline_root: Directory for outputs and metadata.
        components: `BaseComponent`s in any order.
        metadata_path: SQLite file, by default `metadata.sqlite` in the root.
        enable_cache: Whether finished executions may be reused.
        beam_pipeline_args: Beam's command line for the components'
            data-parallel work, such as `("--runner=FlinkRunner",)`.
        strategy: One of `tfkd.training.devices.STRATEGIES`: where models are
            trained. No part of a cache key.

    Raises:
        InputError: If a name is bad or used twice, a channel's producer is
            not among the components, there is a cycle, or an option of Beam's
            cannot work.
    """

    def __init__(
        self,
        pipeline_name,
        pipeline_root,
        components,
        *,
        metadata_path=None,
        enable_cache=True,
        beam_pipeline_args=(),
        strategy="auto",
    ):
        _check_name("pipeline_name", pipeline_name)
        if not pipeline_root:
            raise InputError("pipeline_root must be a directory, received ''.")
        self.pipeline_name = pipeline_name
        self.pipeline_root = os.path.abspath(os.path.expanduser(pipeline_root))
        self.metadata_path = os.path.abspath(
            metadata_path or os.path.join(self.pipeline_root, "metadata.sqlite")
        )
        self.enable_cache = enable_cache
        self.beam_pipeline_args = tuple(beam_pipeline_args)
        beam.check(self.beam_pipeline_args)
        devices.check(strategy)
        self.strategy = strategy
        self._nodes = _by_id(components)
        self._upstream = {
            id: _upstream(component, self._nodes)
            for id, component in self._nodes.items()
        }
        self.levels = _levels(self._upstream)

    @property
    def components(self):
        """The components, each after all that it waits for."""
        return [self._nodes[id] for level in self.levels for id in level]

    @property
    def node_ids(self):
        """The components' ids, in the order of `components`."""
        return [id for level in self.levels for id in level]

    def node(self, id):
        """Returns the component with this id."""
        return self._nodes[id]

    def upstream_of(self, id):
        """Returns the ids of the components that `id` waits for."""
        return self._upstream[id]

    def part(self, from_nodes=(), to_nodes=()):
        """Returns a part of this pipeline, and what it must find finished.

        Args:
            from_nodes: Ids where it begins; what they wait for is in the
                part, and must be finished. Everything if empty.
            to_nodes: Ids where it ends; everything if empty.

        Returns:
            A `Pipeline`, and the ids of its components before `from_nodes`.

        Raises:
            InputError: If there is no such component, or no component lies
                between the two.
        """
        for id in (*from_nodes, *to_nodes):
            if id not in self._nodes:
                raise unknown("component", id, self._nodes)
        wanted = set(self._nodes)
        if to_nodes:
            wanted = self._closure(to_nodes, self._upstream)
        if from_nodes:
            downstream = {
                id: [n for n in self._nodes if id in self._upstream[n]]
                for id in self._nodes
            }
            wanted &= self._closure(from_nodes, downstream)
        if not wanted:
            raise InputError(
                "At least one component must lie between from_nodes and "
                f"to_nodes, received {', '.join(from_nodes)} and "
                f"{', '.join(to_nodes)}. Their order is "
                f"{', '.join(self.node_ids)}."
            )
        needed = self._closure(wanted, self._upstream)
        part = Pipeline(
            self.pipeline_name,
            self.pipeline_root,
            [self._nodes[id] for id in self._nodes if id in needed],
            metadata_path=self.metadata_path,
            enable_cache=self.enable_cache,
            beam_pipeline_args=self.beam_pipeline_args,
            strategy=self.strategy,
        )
        return part, tuple(id for id in part.node_ids if id not in wanted)

    @staticmethod
    def _closure(ids, neighbours):
        """Returns the ids that can be reached from `ids`, those included."""
        found, queue = set(), list(ids)
        while queue:
            id = queue.pop()
            if id not in found:
                found.add(id)
                queue += neighbours[id]
        return found


def _check_name(what, name):
    if (
        not isinstance(name, str)
        or len(name) > 63
        or not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?", name)
    ):
        raise InputError(
            f"{what} must start with a letter and hold at most 63 letters, "
            f"digits, '_', '-' and inner '.', received {name!r}."
        )


def _by_id(components):
    nodes = {}
    for component in components:
        _check_name("A component's id", component.id)
        # Both are entries of `pipeline_root`.
        if component.id.startswith("metadata.sqlite"):
            raise InputError(
                f"The id {component.id!r} is taken by the metadata file. "
                "Choose another with .with_id('...')."
            )
        if component.id in nodes:
            raise InputError(
                f"Component ids must be unique, received {component.id!r} "
                "twice. Name one of them with .with_id('...')."
            )
        for key in (*component.inputs, *component.outputs):
            _check_name(f"An input or output key of {component.id}", key)
        nodes[component.id] = component
    if not nodes:
        raise InputError("A pipeline must have at least one component.")
    return nodes


def _upstream(component, nodes):
    """Returns the ids that `component` waits for, without repetition."""
    found = {}
    for key, channel in component.inputs.items():
        producer = channel.producer
        if producer is None or nodes.get(producer.id) is not producer:
            known = ", ".join(nodes)
            raise InputError(
                f"Input {key!r} of {component.id} must come from a component "
                f"of this pipeline, received {channel!r}. Add its producer "
                f"to `components` (now: {known})."
            )
        found[producer.id] = None
    for other in component.upstream:
        if nodes.get(other.id) is not other:
            raise InputError(
                f"{component.id} waits for {other.id!r}, which is not among "
                "the pipeline's components. Add it, or remove "
                "add_upstream_node."
            )
        found[other.id] = None
    return tuple(found)


def _levels(upstream):
    """Groups the ids: each level waits only for the levels before it."""
    try:
        order = list(graphlib.TopologicalSorter(upstream).static_order())
    except graphlib.CycleError as error:
        path = " -> ".join(error.args[1])
        raise InputError(
            f"The components must not wait for each other in a circle, "
            f"received {path}. Remove one of these channels or "
            "add_upstream_node calls."
        ) from None
    depth = {}
    for id in order:
        depth[id] = 1 + max((depth[up] for up in upstream[id]), default=-1)
    levels = [[] for _ in range(max(depth.values()) + 1)]
    # In the order of declaration within a level.
    for id in upstream:
        levels[depth[id]].append(id)
    return tuple(tuple(level) for level in levels)
