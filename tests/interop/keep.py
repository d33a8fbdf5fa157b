"""A TFX component of a user's: says which model it was given, and loads it."""

import json
import pathlib

from tfx.dsl.component.experimental.annotations import InputArtifact
from tfx.dsl.component.experimental.annotations import OutputArtifact
from tfx.dsl.component.experimental.decorators import component
from tfx.types.standard_artifacts import Model
from tfx.types.standard_artifacts import ModelRun


@component
def Keep(model: InputArtifact[Model], kept: OutputArtifact[ModelRun]):
    from tfkd.training import model_files

    loaded = model_files.load(model.uri)
    pathlib.Path(kept.uri, "model.json").write_text(
        json.dumps({"uri": model.uri, "parameters": loaded.count_params()})
    )
