"""Checks an installed wheel; run it with that environment's Python.

python .ci/check_wheel.py ENVIRONMENT
"""

import pathlib
import subprocess
import sys

LIGHT = ("apache_beam", "tensorflow_model_optimization", "matplotlib")


def root_of(package):
    """Returns the folder of an imported package."""
    return pathlib.Path(package.__file__).parent


def main(environment):
    """Fails unless the wheel in `environment` works and imports little."""
    import tfkd
    import tfkd.components
    import tfkd.configs
    import tfkd.pipelines

    root = pathlib.Path(environment).resolve()
    for module in (tfkd, tfkd.components, tfkd.pipelines, tfkd.configs):
        if root not in pathlib.Path(module.__file__).resolve().parents:
            sys.exit(f"{module.__name__} is not the wheel's: {module.__file__}")
    loaded = [name for name in LIGHT if name in sys.modules]
    if loaded:
        sys.exit(f"`import tfkd` must not import {', '.join(loaded)}.")
    script = root / "bin" / "tfkd"
    listing = subprocess.run(
        [script, "methods"], capture_output=True, text=True, check=True
    ).stdout
    for method in tfkd.methods.names():
        if method not in listing:
            sys.exit(f"`tfkd methods` does not list {method}.")
    done = subprocess.run(
        [
            script,
            "run",
            f"--config={root_of(tfkd.configs)}/quickstart.py",
            f"--pipeline_root={root / 'run'}",
            "--dry_run",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"`tfkd run --dry_run` failed: {done.stderr}")
    needed = root_of(tfkd.pipelines) / "metadata" / "mlmd_schema_v10.sql"
    if not needed.is_file():
        sys.exit(
            f"The wheel lacks {needed.name}: see package_data in setup.py."
        )
    models = [
        tfkd.models.build(name, input_shape=(8, 8, 1), num_classes=10)
        for name in ("cnn", "mlp")
    ]
    tfkd.methods.get("hinton_kd").build(teacher=models[0], student=models[1])
    # Keras itself imports matplotlib where it is installed.
    loaded = [name for name in LIGHT[:2] if name in sys.modules]
    if loaded:
        sys.exit(f"A distiller must not import {', '.join(loaded)}.")
    sys.stdout.write(f"The wheel works:\n{listing}")


if __name__ == "__main__":
    main(sys.argv[1])
