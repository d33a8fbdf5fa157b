"""Compiles a pipeline for Kubeflow Pipelines, to a YAML file; offline.

    from tfkd.pipelines.adapters import kfp as adapter

    adapter.compile(pipeline, "pipeline.yaml", image="registry/shop:2024-05")

Each component becomes a container that runs `tfkd.pipelines.entrypoint`. The
image must hold tfkd and what the config names: modules, data, model files.
Needs the extra `kfp`.
"""

import inspect
import json
import re

from kfp import compiler
from kfp import dsl

from tfkd.components.base.system_node import SystemNode
from tfkd.errors import InputError

_COMMAND = ("python", "-m", "tfkd.pipelines.entrypoint")
# Kubeflow's own types; all others are plain artifacts to it.
_TYPES = {"Dataset": dsl.Dataset, "Model": dsl.Model}


def compile(ours, path, *, image):
    """Writes a pipeline as Kubeflow's YAML.

    Args:
        ours: The `tfkd.pipelines.Pipeline`.
        path: File to write.
        image: Container image that runs every component.
    """
    compiler.Compiler().compile(pipeline(ours, image=image), str(path))


def pipeline(ours, *, image):
    """Turns a `tfkd.pipelines.Pipeline` into one of Kubeflow's.

    Args:
        ours: The pipeline.
        image: Container image that runs every component.

    Raises:
        InputError: If the image is empty, there is a Resolver or Importer,
            or two ids differ only in what Kubeflow does not tell apart.
    """
    if not image:
        raise InputError(
            "image must name a container image with tfkd, received ''."
        )
    _check_names(ours.node_ids)
    for node in ours.components:
        if isinstance(node, SystemNode):
            raise InputError(
                f"{node.id} looks into the metadata store or a directory of "
                "this machine, which containers do not see. Leave it out "
                "(config.baseline, distillation.warm_start)."
            )

    @dsl.pipeline(name=_name(ours.pipeline_name))
    def whole():
        tasks = {}
        for node in ours.components:
            inputs = {
                key: tasks[source.producer.id].outputs[source.key]
                for key, source in node.inputs.items()
            }
            made = component(
                node, image, ours.beam_pipeline_args, ours.strategy
            )
            task = made(**inputs).set_display_name(node.id)
            tasks[node.id] = task.after(*(tasks[n.id] for n in node.upstream))

    return whole


def component(node, image, beam_pipeline_args=(), strategy="auto"):
    """Turns one component into a container component of Kubeflow.

    Args:
        node: A `BaseComponent` of tfkd.
        image: Container image that runs it.
        beam_pipeline_args: Options of its own Beam pipelines.
        strategy: One of `tfkd.training.devices.STRATEGIES`.
    """
    inputs = {
        key: dsl.Input[_type(source.type)]
        for key, source in node.inputs.items()
    }
    outputs = {
        key: dsl.Output[_type(output.type)]
        for key, output in node.outputs.items()
    }

    def container(*artifacts):
        args = [
            f"--component={type(node).__module__}.{type(node).__qualname__}",
            f"--node_id={node.id}",
            f"--exec_properties={_json(node.exec_properties)}",
            f"--strategy={strategy}",
            *(
                f"--beam_pipeline_arg={arg}"
                for arg in (*beam_pipeline_args, *node.beam_pipeline_args)
            ),
        ]
        for key, artifact in zip((*inputs, *outputs), artifacts, strict=True):
            option = "input" if key in inputs else "output"
            args.append(
                dsl.ConcatPlaceholder([f"--{option}={key}=", artifact.path])
            )
        return dsl.ContainerSpec(image=image, command=list(_COMMAND), args=args)

    container.__name__ = _name(node.id).replace("-", "_")
    # Kubeflow reads the channels from the function's signature.
    container.__signature__ = inspect.Signature(
        [
            inspect.Parameter(
                key, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind
            )
            for key, kind in {**inputs, **outputs}.items()
        ]
    )
    return dsl.container_component(container)


def _type(kind):
    return _TYPES.get(kind.BASE_TYPE, dsl.Artifact)


def _json(properties):
    given = {k: v for k, v in properties.items() if v is not None}
    return json.dumps(given, sort_keys=True)


def _name(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _check_names(ids):
    taken = {}
    for id in ids:
        other = taken.setdefault(_name(id), id)
        if other != id:
            raise InputError(
                "Kubeflow knows names of small letters, digits and '-' only: "
                f"{other!r} and {id!r} are the same to it. Rename one with "
                ".with_id('...')."
            )
