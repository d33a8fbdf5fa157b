"""Steps of run_tfx.sh; each in a process of its own, in a root with TFX."""

import json
import os
import pathlib
import sys
import time

from tfkd.configs import quickstart
from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines import runners
from tfkd.pipelines.metadata import history

# They write measured times, and where the model was pushed to.
DIFFERING = {"InfraValidator", "Pusher", "Reporter"}


def check(what, holds):
    sys.stdout.write(("ok      " if holds else "FAILED  ") + what + "\n")
    sys.stdout.flush()
    if not holds:
        sys.exit(1)


def ours(folder):
    """The demo's DAG with little training, and a bound that it keeps."""
    config = quickstart.get_config("quick")
    config.evaluation.thresholds = {"min_accuracy": 0.01}
    return distillation_pipeline.create(config, str(folder))


def theirs(folder):
    from tfkd.pipelines.adapters import tfx as adapter

    return adapter.pipeline(
        ours(folder), metadata_connection_config=connection(folder)
    )


def connection(folder):
    from tfx.orchestration import metadata

    path = str(folder / history.FILE)
    return metadata.sqlite_metadata_connection_config(path)


def run_with_tfx(pipeline):
    from tfx.orchestration.local import local_dag_runner

    started = time.monotonic()
    local_dag_runner.LocalDagRunner().run(pipeline)
    return time.monotonic() - started


def digests(folder):
    """Returns (component, output key) to the newest content digest."""
    found = {}
    for item in history.History(str(folder / history.FILE)).artifacts():
        uri = pathlib.Path(item.uri)
        key = (uri.parent.parent.name, uri.parent.name)
        found[key] = item.custom_properties.get("tfkd_digest")
    return found


def run_ours(root):
    result = runners.LocalDagRunner().run(ours(root / "ours"))
    check("tfkd's LocalDagRunner ran the DAG", len(result.nodes) > 10)


def run_tfx(root):
    folder = root / "tfx"
    seconds = run_with_tfx(theirs(folder))
    check(f"TFX's LocalDagRunner ran the DAG in {seconds:.0f} s", True)
    mine, tfx = digests(root / "ours"), digests(folder)
    check(f"the same {len(mine)} outputs", set(mine) == set(tfx))
    differing = sorted({k[0] for k in mine if mine[k] != tfx[k]})
    check(
        f"with the same digests, but for {', '.join(differing)}",
        DIFFERING.issuperset(differing),
    )
    versions = os.listdir(folder / "serving")
    check(f"a model was pushed: {versions}", versions == ["1"])


def run_again(root):
    seconds = run_with_tfx(theirs(root / "tfx"))
    states = history.History(str(root / "tfx" / history.FILE)).runs()[0].states
    check(
        f"TFX took all {len(states)} from its cache in {seconds:.1f} s",
        set(states.values()) == {"CACHED"},
    )


def resolve(root):
    """TFX's Resolver on the store that tfkd's own runner wrote."""
    import keep
    from tfx.dsl.components.common import resolver
    from tfx.dsl.input_resolution.strategies import (
        latest_blessed_model_strategy as strategy,
    )
    from tfx.orchestration import pipeline
    from tfx.types import channel
    from tfx.types import standard_artifacts

    folder = root / "ours"
    node = resolver.Resolver(
        strategy_class=strategy.LatestBlessedModelStrategy,
        model=channel.Channel(type=standard_artifacts.Model),
        model_blessing=channel.Channel(type=standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed")
    sink = keep.Keep(model=node.outputs["model"])
    run_with_tfx(
        pipeline.Pipeline(
            pipeline_name="quickstart",
            pipeline_root=str(folder),
            components=[node, sink],
            metadata_connection_config=connection(folder),
        )
    )
    kept = json.loads(next(folder.glob("Keep/kept/*/model.json")).read_text())
    check(
        f"TFX's Resolver picked the student that we blessed: {kept['uri']}",
        pathlib.Path(kept["uri"]).parts[-3:-1] == ("Distillation", "model"),
    )
    check(f"and loaded its {kept['parameters']} weights", kept["parameters"])


def compile_for_kubeflow(root):
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner as kubeflow

    from tfkd.pipelines.adapters import tfx as adapter

    mine = ours(root / "kubeflow")
    path = root / "pipeline.json"
    kubeflow.KubeflowV2DagRunner(
        config=kubeflow.KubeflowV2DagRunnerConfig(default_image="tfkd"),
        output_filename=str(path),
    ).run(adapter.pipeline(mine))
    spec = json.loads(path.read_text())["pipelineSpec"]
    count = len(spec["root"]["dag"]["tasks"])
    check(
        f"TFX compiled {count} tasks for Kubeflow", count == len(mine.node_ids)
    )


def mix(root):
    """TFX's own StatisticsGen behind tfkd's ExampleGen."""
    from tfx.components import StatisticsGen
    from tfx.orchestration import pipeline

    from tfkd.pipelines.adapters import tfx as adapter

    folder = root / "mixed"
    first = adapter.components(ours(folder))["ExampleGen"]
    second = StatisticsGen(examples=first.outputs["examples"])
    run_with_tfx(
        pipeline.Pipeline(
            pipeline_name="mixed",
            pipeline_root=str(folder),
            components=[first, second],
            metadata_connection_config=connection(folder),
            beam_pipeline_args=["--runner=FnApiRunner"],
        )
    )
    found = sorted(
        path.parent.name
        for path in folder.glob("StatisticsGen/statistics/*/*/FeatureStats.pb")
    )
    check(
        f"TFX's StatisticsGen read our examples: {', '.join(found)}",
        found == ["Split-eval", "Split-test", "Split-train"],
    )


def import_ours(root):
    """tfkd's Importer and StatisticsGen under TFX, on examples made before."""
    from tfkd.components.base.artifacts import Examples
    from tfkd.components.base.importer import Importer
    from tfkd.components.statistics_gen.component import StatisticsGen
    from tfkd.pipelines.adapters import tfx as adapter
    from tfkd.pipelines.pipeline import Pipeline

    folder = root / "imported"
    source = str(next((root / "ours/ExampleGen/examples").iterdir()))
    names = {"split_names": '["train","eval","test"]'}
    data = Importer(source, Examples, properties=names)
    statistics = StatisticsGen(examples=data.outputs["result"])
    run_with_tfx(
        adapter.pipeline(
            Pipeline("imported", str(folder), [data, statistics]),
            metadata_connection_config=connection(folder),
        )
    )
    key = ("StatisticsGen", "statistics")
    check(
        "tfkd's Importer and StatisticsGen under TFX: the same statistics",
        digests(folder)[key] == digests(root / "ours")[key],
    )


def read_theirs(root):
    store = history.History(str(root / "tfx" / history.FILE))
    file = root / "tfx" / "serving" / "1" / "model.tflite"
    origin = store.origin(store.find(str(file)))
    check(
        "tfkd finds where a file came from that TFX pushed: "
        f"{origin.artifact.type_name} of {sorted(origin.inputs)}",
        origin.artifact.type_name == "tfkd.TFLiteModel",
    )


STEPS = {
    "ours": run_ours,
    "tfx": run_tfx,
    "again": run_again,
    "resolver": resolve,
    "mix": mix,
    "import": import_ours,
    "kubeflow": compile_for_kubeflow,
    "read": read_theirs,
}

if __name__ == "__main__":
    target = pathlib.Path(sys.argv[2])
    target.mkdir(exist_ok=True)
    STEPS[sys.argv[1]](target)
