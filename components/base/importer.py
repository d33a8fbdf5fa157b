"""Importer: a directory from elsewhere, as an artifact of the pipeline."""

import os

from tfkd.components.base.artifacts import Artifact
from tfkd.components.base.spec import Channel
from tfkd.components.base.system_node import SystemNode
from tfkd.errors import InputError


class Importer(SystemNode):
    """Names a directory that another system wrote, and records its content.

    Nothing is copied: the directory must stay as long as it is used. Where
    its content has changed, it is a new artifact, and what reads it runs
    again.

    Args:
        source_uri: The directory.
        artifact_type: Class of artifact that it is, such as `Model`.
        reimport: Whether to record a new artifact in any case.
        properties: Values of what the type declares.
        custom_properties: Further values.
        output_key: Name of the output.

    Raises:
        InputError: If there is no such directory, or a property is not one
            of the type's.
    """

    def __init__(
        self,
        source_uri,
        artifact_type,
        reimport=False,
        properties=None,
        custom_properties=None,
        output_key="result",
    ):
        known = isinstance(artifact_type, type)
        if not known or not issubclass(artifact_type, Artifact):
            raise InputError(
                "Importer.artifact_type must be a class of artifacts, such as "
                f"Model, received {artifact_type!r}."
            )
        if not os.path.isdir(source_uri):
            raise InputError(
                "Importer.source_uri must be an existing directory, received "
                f"{source_uri!r}. Correct the path."
            )
        for name in properties or {}:
            if name not in artifact_type.PROPERTIES:
                raise InputError(
                    f"{artifact_type.TYPE_NAME} has no property {name!r}; it "
                    f"has {', '.join(artifact_type.PROPERTIES) or 'none'}. "
                    "Pass it in custom_properties."
                )
        self.source_uri = os.path.abspath(source_uri)
        self.reimport = reimport
        self.artifact = artifact_type(self.source_uri)
        self.artifact.properties = dict(properties or {})
        self.artifact.custom_properties = dict(custom_properties or {})
        self.output_key = output_key
        super().__init__(
            inputs={},
            outputs={output_key: Channel(artifact_type)},
            parameters={"source_uri": self.source_uri, "reimport": reimport},
        )
