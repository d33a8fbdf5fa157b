"""Executes TeacherPredictions."""

import functools
import json
import os
import shutil

from tfkd.components.base.executor import BaseExecutor
from tfkd.data import prediction_blocks
from tfkd.data import predictions
from tfkd.data import records
from tfkd.data import shards
from tfkd.training import inference
from tfkd.training import model_files


class Executor(BaseExecutor):
    """One Beam element a shard and view: same order, same records.

    Shards are kept beside the outputs, each under what it is made of: an
    execution after a kill, or with more examples, computes those that are
    missing.
    """

    def Do(self, input_dict, output_dict, exec_properties):
        examples = input_dict["examples"][0].uri
        teacher = input_dict["teacher"][0].uri
        artifact = output_dict["predictions"][0]
        info = records.read_info(examples)
        model_hash = model_files.read_record(teacher)["model_hash"]
        common = {
            "model": teacher,
            "model_hash": model_hash,
            "info": {key: info[key] for key in ("image_shape", "image_dtype")},
            "batch_size": exec_properties["batch_size"],
            "format": exec_properties["format"],
        }
        context = self.context
        kept = context.cache_dir or context.stateful_dir or context.tmp_dir
        policy = exec_properties["augmentation"]
        tasks = _tasks(examples, info, common, policy)
        for task in tasks:
            task["target"] = os.path.join(
                kept, inference.made_of(task), task["file"]
            )
        try:
            reports = shards.map_shards(
                self.make_beam_pipeline(),
                inference.predict_shard,
                tasks,
                os.path.join(self.context.tmp_dir, "shards"),
                target="target",
                progress=functools.partial(self.report_shards, share=1.0),
            )
        finally:
            inference.forget()
        for task in tasks:
            _link(task["target"], os.path.join(artifact.uri, task["path"]))
        predictions.write_info(
            artifact.uri,
            teacher_hash=model_hash,
            taps=reports[0]["taps"],
            splits=_splits(tasks, reports),
            block=exec_properties["batch_size"],
            augmentation=policy,
        )
        artifact.properties["split_names"] = json.dumps(list(info["splits"]))


def _tasks(examples, info, common, policy):
    """Returns what to compute, and where in the artifact it belongs."""
    tasks = []
    compression = prediction_blocks.compression([common["format"]["format"]])
    for split in info["splits"]:
        augmented = policy if split == predictions.AUGMENTED else None
        views = range(augmented["views"]) if augmented else [None]
        files = records.shards(examples, split, info)
        for view in views:
            for number, (path, count) in enumerate(files):
                place = prediction_blocks.shard_path(
                    *("", split, number, len(files)),
                    view=view,
                    compression=compression,
                )
                tasks.append(
                    {
                        **common,
                        "split": split,
                        "augmentation": augmented,
                        "view": view,
                        "source": path,
                        "count": count,
                        "path": place,
                        "file": f"predictions{os.path.splitext(place)[1]}",
                    }
                )
    return tasks


def _link(path, target):
    """Puts a finished file into the artifact, and keeps it for later."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def _splits(tasks, reports):
    splits = {}
    for task, report in zip(tasks, reports, strict=True):
        views = splits.setdefault(task["split"], {})
        views.setdefault(task["view"], []).append(
            {
                "file": os.path.basename(task["path"]),
                "num_examples": task["count"],
                "sha256": report["sha256"],
            }
        )
    return {
        split: {
            "num_examples": sum(
                shard["num_examples"] for shard in next(iter(views.values()))
            ),
            "views": list(views.values()),
        }
        for split, views in splits.items()
    }
