"""What runs when a component runs."""

import dataclasses


@dataclasses.dataclass
class ExecutorContext:
    """What an executor may know about its surroundings.

    Attributes:
        node_id: Name of the component in its pipeline.
        tmp_dir: Scratch directory, removed afterwards.
        stateful_dir: Directory that survives a crash of this execution, for
            checkpoints; removed when the execution has succeeded.
        cache_dir: Directory that outlives executions, of what their outputs
            are put together from; another one where the executor's source or
            a library has changed. It need not exist.
        log_dir: Directory for TensorBoard logs; not part of any artifact.
        beam_pipeline_args: Command line for Beam pipelines.
        strategy: One of `tfkd.training.devices.STRATEGIES`, on which models
            are trained.
        report: Called as `report(**values)` to show progress; `fraction`
            (0 to 1) and `message` (str) are shown first, every other value
            as `name value`.
    """

    node_id: str = ""
    tmp_dir: str = ""
    stateful_dir: str = ""
    cache_dir: str = ""
    log_dir: str = ""
    beam_pipeline_args: tuple = ()
    strategy: str = "auto"
    report: object = lambda **values: None


class BaseExecutor:
    """Base of all executors: subclasses implement `Do`."""

    def __init__(self, context=None):
        self.context = context or ExecutorContext()

    def Do(self, input_dict, output_dict, exec_properties):
        """Writes the outputs.

        Args:
            input_dict: Input key to a list of `Artifact`s to read.
            output_dict: Output key to a list of one `Artifact` whose `uri`
                is an existing, empty directory to write to; properties set
                on it are recorded.
            exec_properties: Parameter name to value.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement Do.")

    def make_beam_pipeline(self):
        """Returns a Beam pipeline for this executor's data-parallel work."""
        from tfkd.components.base import beam

        return beam.pipeline(self.context.beam_pipeline_args)

    def report_shards(self, done, total, share=0.9):
        """Shows how many shards are done, all of them a share of the work."""
        self.context.report(
            fraction=share * done / total, message=f"{done} of {total} shards"
        )
