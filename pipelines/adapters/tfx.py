"""Runs components of tfkd under real TFX.

    from tfkd.pipelines import distillation_pipeline
    from tfkd.pipelines.adapters import tfx as adapter

    ours = distillation_pipeline.create(config, root)
    LocalDagRunner().run(adapter.pipeline(ours))

Needs `tfx` 1.21, which is no dependency of tfkd. TFX and Kubeflow store the
import path of an executor and of an artifact type, and import it in another
process; so this module makes both on demand, by name.
"""

import functools
import importlib
import inspect
import os

from absl import logging
from tfx.dsl.components.base import base_beam_component
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.components.common import importer
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.types import artifact as tfx_artifact
from tfx.types import channel
from tfx.types import component_spec
from tfx.types import standard_artifacts
from tfx.types import system_artifacts
from tfx.types import system_executions

from tfkd.components.base import artifacts
from tfkd.components.base import executor
from tfkd.components.base.importer import Importer
from tfkd.components.base.system_node import SystemNode
from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines import cache
from tfkd.pipelines import fingerprint
from tfkd.pipelines.adapters import parameters

# Makes TFX's cache see what its own key leaves out: sources and versions.
FINGERPRINT = "tfkd_fingerprint"
STRATEGY = "tfkd_strategy"
_DOT = "__"


def pipeline(ours, **arguments):
    """Turns a `tfkd.pipelines.Pipeline` into a TFX pipeline.

    Args:
        ours: The pipeline.
        **arguments: Further arguments of TFX's `Pipeline`, such as
            `metadata_connection_config`.
    """
    defaults = {
        "pipeline_name": ours.pipeline_name,
        "pipeline_root": ours.pipeline_root,
        "components": list(components(ours).values()),
        "enable_cache": ours.enable_cache,
        "beam_pipeline_args": list(ours.beam_pipeline_args),
    }
    return tfx_pipeline.Pipeline(**{**defaults, **arguments})


def components(ours):
    """Turns a pipeline's components into TFX components, wired alike.

    Args:
        ours: The `tfkd.pipelines.Pipeline`.

    Returns:
        Component id to the TFX component.
    """
    made = {}
    for node in ours.components:
        inputs = {
            key: made[source.producer.id].outputs[source.key]
            for key, source in node.inputs.items()
        }
        made[node.id] = component(node, inputs, ours.strategy)
        for other in node.upstream:
            made[node.id].add_upstream_node(made[other.id])
    return made


def component(node, inputs, strategy="auto"):
    """Turns one component into a TFX component.

    Args:
        node: A `BaseComponent` of tfkd.
        inputs: Input key to a TFX channel.
        strategy: One of `tfkd.training.devices.STRATEGIES`.

    Raises:
        InputError: If the component cannot be found by its import path, or
            is a Resolver.
    """
    if isinstance(node, Importer):
        return _importer(node)
    if isinstance(node, SystemNode):
        raise InputError(
            f"{node.id} looks into tfkd's own runs, which TFX does not "
            "continue. Leave it out (config.baseline, "
            "distillation.warm_start), and put TFX's Resolver in front of "
            "the component that you make with adapters.tfx.component."
        )
    kind = type(node)
    if _import(_name(kind)) is not kind:
        raise InputError(
            f"{node.id} must be of a class that can be imported, received "
            f"{kind.__module__}.{kind.__qualname__}. Move it to the top level "
            "of a module."
        )
    adapted = _component_class(kind)
    outputs = {
        key: channel.Channel(type=artifact_type(output.type))
        for key, output in node.outputs.items()
    }
    values = {FINGERPRINT: _fingerprint(node), STRATEGY: strategy}
    values |= parameters.encode(node)
    spec = adapted.SPEC_CLASS(**values, **inputs, **outputs)
    made = adapted(spec).with_id(node.id)
    return made.with_beam_pipeline_args(list(node.beam_pipeline_args))


def _importer(node):
    return importer.Importer(
        node.source_uri,
        artifact_type(type(node.artifact)),
        reimport=node.reimport,
        properties=node.artifact.properties,
        custom_properties=node.artifact.custom_properties,
        output_key=node.output_key,
    ).with_id(node.id)


def _fingerprint(node):
    return fingerprint.cache_key(fingerprint.key_parts("", node, {}))


@functools.cache
def artifact_type(kind):
    """Returns the TFX type for one of tfkd's artifact types.

    Where TFX has a standard type of the same name it is that one. Others
    declare no properties, for Kubeflow knows none of them: these become
    custom properties.
    """
    standard = getattr(standard_artifacts, kind.TYPE_NAME, None)
    if standard is not None:
        return standard
    values = {
        "TYPE_NAME": kind.TYPE_NAME,
        "__module__": __name__,
        "__doc__": kind.__doc__,
    }
    if kind.BASE_TYPE is not None:
        values["TYPE_ANNOTATION"] = getattr(system_artifacts, kind.BASE_TYPE)
    return type(kind.__name__, (tfx_artifact.Artifact,), values)


@functools.cache
def _component_class(kind):
    spec = kind.SPEC_CLASS
    declared = {
        "PARAMETERS": {
            key: component_spec.ExecutionParameter(
                type=parameter.type
                if parameter.type in (int, float, str)
                else str,
                optional=True,
            )
            for key, parameter in spec.PARAMETERS.items()
        }
        | {
            key: component_spec.ExecutionParameter(type=str)
            for key in (FINGERPRINT, STRATEGY)
        },
        "INPUTS": _channel_parameters(spec.INPUTS),
        "OUTPUTS": _channel_parameters(spec.OUTPUTS),
    }
    if spec.TYPE_ANNOTATION is not None:
        declared["TYPE_ANNOTATION"] = getattr(
            system_executions, spec.TYPE_ANNOTATION
        )
    values = {
        "SPEC_CLASS": type(
            spec.__name__, (component_spec.ComponentSpec,), declared
        ),
        "EXECUTOR_SPEC": executor_spec.BeamExecutorSpec(
            _executor_class(_name(kind))
        ),
        # The type of its executions: as in tfkd's own metadata.
        "__module__": kind.__module__,
    }
    return type(kind.__name__, (base_beam_component.BaseBeamComponent,), values)


def _channel_parameters(declared):
    return {
        key: component_spec.ChannelParameter(
            type=artifact_type(parameter.type), optional=parameter.optional
        )
        for key, parameter in declared.items()
    }


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs the executor of one of tfkd's components; see `__getattr__`."""

    COMPONENT = None

    def Do(self, input_dict, output_dict, exec_properties):
        kind = self.COMPONENT
        inputs = _ours(kind.SPEC_CLASS.INPUTS, input_dict)
        outputs = _ours(kind.SPEC_CLASS.OUTPUTS, output_dict)
        for artifact in _all(outputs):
            os.makedirs(artifact.uri, exist_ok=True)
        context = self._our_context(kind, exec_properties[STRATEGY])
        kind.executor_class()(context).Do(
            inputs,
            outputs,
            parameters.decode(kind.SPEC_CLASS, exec_properties),
        )
        for artifact, theirs in zip(_all(outputs), _all(output_dict)):
            # As in a run of ours: what its files are found by.
            digest = artifact_store.write_manifest(artifact.uri)
            artifact.custom_properties[cache.DIGEST_PROPERTY] = digest
            _copy_properties(artifact, theirs)

    def _our_context(self, kind, strategy):
        node = self._context.pipeline_node
        return executor.ExecutorContext(
            node_id=node.node_info.id if node else kind.__name__,
            tmp_dir=self._get_tmp_dir(),
            stateful_dir=self._context.stateful_working_dir or "",
            beam_pipeline_args=_joined(self._beam_pipeline_args),
            strategy=strategy,
            report=functools.partial(_report, kind.__name__),
        )


def _ours(declared, theirs):
    """Returns key to list of tfkd's artifacts for TFX's."""
    found = {}
    for key, group in theirs.items():
        found[key] = []
        for artifact in group:
            ours = declared[key].type(artifact.uri, artifact.id or None)
            stored = artifact.mlmd_artifact
            for name, value in (
                *stored.custom_properties.items(),
                *stored.properties.items(),
            ):
                own = name in ours.PROPERTIES
                values = ours.properties if own else ours.custom_properties
                values[name] = getattr(value, value.WhichOneof("value"))
            found[key].append(ours)
    return found


def _all(groups):
    return [artifact for key in groups for artifact in groups[key]]


def _copy_properties(ours, theirs):
    declared = theirs.PROPERTIES or {}
    for name, value in {**ours.custom_properties, **ours.properties}.items():
        if name in declared:
            setattr(theirs, name, value)
        elif isinstance(value, int):
            theirs.set_int_custom_property(name, int(value))
        elif isinstance(value, float):
            theirs.set_float_custom_property(name, value)
        else:
            theirs.set_string_custom_property(name, value)


def _joined(args):
    """Writes `--name`, `value`, as TFX adds labels, as `--name=value`."""
    found = []
    for arg in args:
        if arg.startswith("--"):
            found.append(arg)
        else:
            found[-1] += f"={arg}"
    return tuple(found)


def _report(node, **values):
    logging.info("%s: %s", node, values)


def _name(kind):
    return f"{kind.__module__}.{kind.__qualname__}".replace(".", _DOT)


def _import(name):
    """Returns the class that `_name` named, `None` if there is none."""
    module, _, attribute = name.replace(_DOT, ".").rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except (ImportError, ValueError):
        return None


@functools.cache
def _executor_class(name):
    values = {"COMPONENT": _import(name), "__module__": __name__}
    return type(name, (Executor,), values)


def __getattr__(name):
    """Makes what TFX and Kubeflow import from here by name.

    An artifact type has the name of ours; an executor has its component's
    import path, with `__` for each dot.
    """
    kind = vars(artifacts).get(name)
    if inspect.isclass(kind) and kind is not artifacts.Artifact:
        return artifact_type(kind)
    if _DOT in name.strip("_") and _import(name) is not None:
        return _executor_class(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
