"""Kills the demo again and again, and compares with a run left alone.

    python tests/pipelines/torture.py --kills=20 --root=runs/torture

A run is killed (SIGKILL, with its child processes left to themselves) after a
random time and started again, until it ends; then the next one begins in a
fresh directory. In the end each must have the artifacts of the undisturbed
run, byte for byte but for those that hold measured times, no component may
have finished twice, no execution may still be RUNNING, and no directory may be
left that no artifact knows. The seed of the times is printed, so that they can
be had again.
"""

import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

from tfkd.pipelines.metadata import ArtifactState
from tfkd.pipelines.metadata import ExecutionState
from tfkd.pipelines.metadata import MetadataStore

# No two measurements of time are the same, nor is a page that shows them.
TIMED = {"InfraValidator", "Reporter"}
COMMAND = [sys.executable, "-m", "tfkd.pipelines.run", "--quiet"]


def main():
    """Returns the exit code: 0 if nothing was lost and nothing repeated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="configs/quickstart.py")
    parser.add_argument("--root", default="runs/torture")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"--seed={arguments.seed}", flush=True)
    root = pathlib.Path(arguments.root)
    shutil.rmtree(root, ignore_errors=True)
    # Always the same path, which some artifacts name.
    folder = root / "run"
    expected, seconds = undisturbed(arguments.config, folder)
    shutil.rmtree(folder)
    chance = random.Random(arguments.seed)
    kills, rounds, wrong = 0, 0, []
    while kills < arguments.kills:
        rounds += 1
        left = arguments.kills - kills
        kills += torture(arguments.config, folder, chance, seconds, left)
        found = problems(folder, expected)
        print(f"round {rounds}: {kills} kills so far, {found or 'all well'}")
        wrong += found
        if found:
            folder.rename(root / f"round-{rounds}")
        else:
            shutil.rmtree(folder)
    print(f"{kills} kills in {rounds} runs: {len(wrong)} problems.")
    return 1 if wrong else 0


def undisturbed(config, folder):
    """Runs to the end; returns the digests and the seconds."""
    started = time.monotonic()
    start(config, folder).wait()
    seconds = time.monotonic() - started
    if problems(folder, None):
        sys.exit(f"The undisturbed run failed: {problems(folder, None)}")
    print(f"undisturbed: {seconds:.0f} s", flush=True)
    return digests(folder), seconds


def start(config, folder):
    """Starts a run; its serving directory lies in its root."""
    return subprocess.Popen(
        [*COMMAND, f"--config={config}", f"--pipeline_root={folder}"],
        stdout=subprocess.DEVNULL,
    )


def torture(config, folder, chance, seconds, limit):
    """Runs to the end, killed on the way; returns how often."""
    kills = 0
    while True:
        process = start(config, folder)
        # Short lives for the first steps, longer ones for the training.
        life = chance.uniform(1.0, seconds / 2)
        try:
            code = process.wait(life if kills < limit else None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            print(f"  killed after {life:.1f} s", flush=True)
            continue
        if code:
            sys.exit(f"A run ended with code {code} in {folder}.")
        return kills


def digests(folder):
    """Returns producer and output to the content's digest, of LIVE ones."""
    return {
        (
            item.custom_properties["producer_component"],
            pathlib.Path(item.uri).parent.name,
        ): item.custom_properties["tfkd_digest"]
        for item in artifacts(folder)
        if item.state == ArtifactState.LIVE
    }


def artifacts(folder):
    """Returns all artifacts of a root."""
    with MetadataStore(folder / "metadata.sqlite").snapshot() as tx:
        return tx.artifacts()


def problems(folder, expected):
    """Returns what is wrong with a root whose run has ended."""
    with MetadataStore(folder / "metadata.sqlite").snapshot() as tx:
        executions = tx.executions()
    found = [
        f"execution {execution.id} is still RUNNING"
        for execution in executions
        if execution.state == ExecutionState.RUNNING
    ]
    complete = [
        execution.custom_properties["tfkd_node"]
        for execution in executions
        if execution.state == ExecutionState.COMPLETE
    ]
    found += [
        f"{node} finished {complete.count(node)} times"
        for node in sorted(set(complete))
        if complete.count(node) > 1
    ]
    known = {item.uri for item in artifacts(folder)}
    found += [
        f"{path} is left over"
        for path in folder.glob("*/*/[0-9]*")
        if path.parent.parent.name[0].isupper() and str(path) not in known
    ]
    found += [
        f"{path} is left over" for path in folder.glob("*/.system/staging/*")
    ]
    if expected is not None:
        found += [
            f"{'.'.join(key)} has other content"
            for key, digest in digests(folder).items()
            if digest != expected.get(key) and key[0] not in TIMED
        ]
    return found


if __name__ == "__main__":
    sys.exit(main())
