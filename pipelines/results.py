"""What became of a run and of each of its components."""

import dataclasses

CACHED = "cached"
EXECUTED = "executed"
FAILED = "failed"
SKIPPED = "skipped"


@dataclasses.dataclass
class NodeResult:
    """What became of one component.

    Attributes:
        node_id: The component's id.
        state: `cached`, `executed`, `failed`, or `skipped` because a
            component it waits for failed.
        execution_id: Number in the metadata store, None without one.
        outputs: Output key to the directory that holds it.
        seconds: Wall time.
        message: Why it ran, failed or was skipped.
    """

    node_id: str
    state: str
    execution_id: int | None = None
    outputs: dict = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""

    @property
    def ok(self):
        return self.state in (CACHED, EXECUTED)


@dataclasses.dataclass
class RunResult:
    """What became of a run.

    Attributes:
        run_id: Name of the run in the metadata store.
        nodes: Component id to `NodeResult`, in the order of the pipeline.
        seconds: Wall time.
    """

    run_id: str
    nodes: dict
    seconds: float = 0.0

    @property
    def ok(self):
        return all(result.ok for result in self.nodes.values())

    def count(self, state):
        """Returns how many components ended in `state`."""
        return sum(result.state == state for result in self.nodes.values())
