"""Declares `InfraValidator`."""

from tfkd.components.base import artifacts
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError
from tfkd.metrics import gates
from tfkd.metrics import infra_gates


class InfraValidatorSpec(ComponentSpec):
    """Channels and parameters of `InfraValidator`."""

    PARAMETERS = {
        "thresholds": ExecutionParameter(dict),
        "variant": ExecutionParameter(str, optional=True, default="int8"),
        "latency_runs": ExecutionParameter(int, optional=True, default=200),
        "layer_images": ExecutionParameter(int, optional=True, default=32),
        "timeout_s": ExecutionParameter(float, optional=True, default=600.0),
    }
    INPUTS = {
        "examples": ChannelParameter(artifacts.Examples),
        "tflite": ChannelParameter(artifacts.TFLiteModel),
    }
    OUTPUTS = {"blessing": ChannelParameter(artifacts.InfraBlessing)}
    TYPE_ANNOTATION = "Evaluate"


class InfraValidator(BaseComponent):
    """Runs the exported files in processes of their own, and judges one.

    Measures of every file: operations, types, bytes, latency on one and two
    threads and without XNNPACK; of the judged one and its float32 twin the
    memory, and of the judged one the error of each layer. A file that cannot
    be run is kept, and not blessed. Times are of this machine, no phone, and
    no two runs of it give the same.

    Args:
        examples: `Examples`; images of the eval split go through the layers.
        tflite: `TFLiteModel` with the files.
        thresholds: Bound by name, see `tfkd.metrics.infra_gates.GATES`. All
            must hold for a blessing; with none, a file that runs is blessed.
        variant: The file that is judged: the one that is to be pushed.
        latency_runs: Timed invocations of each file and setting.
        layer_images: Images that the error of layers is measured on.
        timeout_s: Seconds that a process may take.

    Raises:
        InputError: If a threshold is unknown or makes no sense, or a number
            is below 1.
    """

    SPEC_CLASS = InfraValidatorSpec
    EXECUTOR = "tfkd.components.infra_validator.executor.Executor"
    CACHE_PACKAGES = ("ai-edge-litert",)

    def __init__(
        self,
        *,
        examples,
        tflite,
        thresholds,
        variant="int8",
        latency_runs=200,
        layer_images=32,
        timeout_s=600.0,
    ):
        super().__init__(
            InfraValidatorSpec(
                examples=examples,
                tflite=tflite,
                thresholds=thresholds,
                variant=variant,
                latency_runs=latency_runs,
                layer_images=layer_images,
                timeout_s=timeout_s,
            )
        )
        gates.validate(infra_gates.GATES, self.exec_properties["thresholds"])
        for name in ("latency_runs", "layer_images", "timeout_s"):
            if not self.exec_properties[name] >= 1:
                raise InputError(
                    f"InfraValidator.{name} must be at least 1, received "
                    f"{self.exec_properties[name]}; the default is "
                    f"{InfraValidatorSpec.PARAMETERS[name].default}."
                )
