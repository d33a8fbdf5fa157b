"""A node of a pipeline: a checked spec and the name of its executor."""

import importlib
import re

from tfkd.components.base import beam
from tfkd.components.base import external
from tfkd.errors import InputError


class ExecutorClassSpec:
    """Names an executor by its class, as TFX does.

    Args:
        executor_class: A `BaseExecutor` that can be imported by its name.
    """

    def __init__(self, executor_class):
        self.class_path = (
            f"{executor_class.__module__}.{executor_class.__qualname__}"
        )


class BaseComponent:
    """Base of all components.

    Subclasses set `SPEC_CLASS`, and `EXECUTOR` to the import path of their
    `BaseExecutor` (`"package.module.Class"`): a path, so that a pipeline is
    declared and checked without importing TensorFlow. TFX's
    `EXECUTOR_SPEC = ExecutorClassSpec(Executor)` does as well.

    Attributes:
        id: Unique name within a pipeline; the class name unless `with_id`.
        spec: The checked `ComponentSpec`.
        beam_pipeline_args: Beam options of this component alone.
    """

    SPEC_CLASS = None
    EXECUTOR = None
    # Raise it when the executor's results change for the same inputs in a
    # way that its source does not show.
    VERSION = 1
    # Distributions whose versions take part in the cache key.
    CACHE_PACKAGES = ()

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__(**arguments)
        if "EXECUTOR_SPEC" in vars(cls):
            cls.EXECUTOR = cls.EXECUTOR_SPEC.class_path

    def __init__(self, spec):
        self.spec = spec
        self.id = type(self).__name__
        self.upstream = []
        self.beam_pipeline_args = ()
        for channel in spec.outputs.values():
            channel.producer = self

    @property
    def inputs(self):
        return self.spec.inputs

    @property
    def outputs(self):
        return self.spec.outputs

    @property
    def exec_properties(self):
        return self.spec.exec_properties

    def with_id(self, id):
        """Sets the name and returns the component."""
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", id):
            raise ValueError(
                "A component's id must start with a letter and hold letters, "
                f"digits, '_', '-' and '.' only, received {id!r}."
            )
        self.id = id
        return self

    def with_beam_pipeline_args(self, args):
        """Adds Beam options for this component; returns the component.

        Where the pipeline has the same option, this one counts.

        Raises:
            InputError: If an option cannot be used.
        """
        beam.check(args)
        self.beam_pipeline_args = (*self.beam_pipeline_args, *args)
        return self

    def add_upstream_node(self, component):
        """Makes this component wait for another whose files it ignores."""
        self.upstream.append(component)

    def add_downstream_node(self, component):
        """Makes another component wait for this one."""
        component.add_upstream_node(self)

    def check_input(self, key, artifacts):
        """Refuses an empty input, unless it is declared as optional.

        Raises:
            InputError: If it is empty and must not be.
        """
        declared = self.SPEC_CLASS.INPUTS[key] if self.SPEC_CLASS else None
        if not artifacts and declared and not declared.optional:
            raise InputError(
                f"The input {key!r} must not be empty, and "
                f"{self.inputs[key].producer.id} has found nothing for it. "
                "Leave it out of the first run."
            )

    def external_fingerprint(self):
        """Returns a JSON value that changes with files read from outside.

        It is part of the cache key. By default it covers every existing
        file or directory in a parameter of the form `{"path": ...}`.
        Override it, with `tfkd.components.base.external`, where files are
        named in another way; `None` means that nothing is read.
        """
        return external.fingerprint_paths(self.exec_properties)

    def undone(self, outputs):
        """Says what a finished execution has done outside and is gone.

        Such an execution is not reused. What it wrote into its outputs is
        looked after already.

        Args:
            outputs: Output key to its directory.

        Returns:
            What is gone, in words; empty if nothing is.
        """
        del outputs
        return ""

    @classmethod
    def executor_class(cls):
        """Imports and returns the executor's class."""
        module, _, name = cls.EXECUTOR.rpartition(".")
        return getattr(importlib.import_module(module), name)

    def __repr__(self):
        return f"<{type(self).__name__} {self.id!r}>"
