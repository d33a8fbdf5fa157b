"""Executes TeacherPredictions."""

import json
import os

from tfkd.components.base.executor import BaseExecutor
from tfkd.data import predictions
from tfkd.data import records
from tfkd.data import shards
from tfkd.training import inference
from tfkd.training import model_files


class Executor(BaseExecutor):
    """One Beam element a shard: same shards, same order, same names."""

    def Do(self, input_dict, output_dict, exec_properties):
        examples = input_dict["examples"][0].uri
        teacher = input_dict["teacher"][0].uri
        artifact = output_dict["predictions"][0]
        info = records.read_info(examples)
        model_hash = model_files.read_record(teacher)["model_hash"]
        common = {
            "model": teacher,
            "model_hash": model_hash,
            "info": info,
            "batch_size": exec_properties["batch_size"],
            "listener": artifact.uri,
        }
        tasks = _tasks(examples, artifact.uri, info, common)
        inference.LISTENERS[artifact.uri] = self._listener(len(tasks))
        try:
            reports = shards.map_shards(
                self.make_beam_pipeline(),
                inference.predict_shard,
                tasks,
                os.path.join(self.context.tmp_dir, "shards"),
            )
        finally:
            del inference.LISTENERS[artifact.uri]
        _check_counts(tasks, reports)
        predictions.write_info(
            artifact.uri,
            teacher_hash=model_hash,
            num_classes=info["num_classes"],
            splits={name: _split_info(name, tasks) for name in info["splits"]},
        )
        artifact.properties["split_names"] = json.dumps(list(info["splits"]))

    def _listener(self, total):
        done = []

        def shard_done(path):
            done.append(path)
            self.context.report(
                fraction=len(done) / total,
                message=f"{len(done)} of {total} shards",
            )

        return shard_done


def _tasks(examples, output, info, common):
    tasks = []
    for split in info["splits"]:
        files = records.shards(examples, split, info)
        for number, (path, count) in enumerate(files):
            target = predictions.shard_path(output, split, number, len(files))
            tasks.append(
                {
                    **common,
                    "split": split,
                    "source": path,
                    "count": count,
                    "target": target,
                }
            )
    return tasks


def _check_counts(tasks, reports):
    for task, report in zip(tasks, reports, strict=True):
        if report["count"] != task["count"]:
            raise RuntimeError(
                f"{task['source']} holds {task['count']} examples, but "
                f"{report['count']} predictions came out: the Beam runner "
                "lost or repeated records. Run again on the default runner."
            )


def _split_info(split, tasks):
    files = [
        {"file": os.path.basename(t["target"]), "num_examples": t["count"]}
        for t in tasks
        if t["split"] == split
    ]
    total = sum(file["num_examples"] for file in files)
    return {"num_examples": total, "shards": files}
