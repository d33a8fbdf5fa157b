"""What an app team gets besides the model: a contract, and proof of it.

| file | what it is |
|---|---|
| `README.md` | what goes in, what comes out, how to check |
| `test_vectors.json` | inputs with the outputs that the file gives for them |
| `SHA256SUMS` | of all other files, for `sha256sum --check` |
"""

import json
import pathlib
import textwrap

import numpy as np

from tfkd.export import push
from tfkd.export.litert import LiteRTModel

FILES = ("README.md", "SHA256SUMS", "test_vectors.json")
# All vectors together: a person can still open the file.
_MAX_NUMBERS = 50_000
_MAX_VECTORS = 8


def write(directory, description, images):
    """Writes the contract beside a variant's files.

    Args:
        directory: Folder of the variant, which holds all its other files.
        description: What `model.json` says.
        images: Raw images `(count, height, width, channels)`; the first few
            become test vectors.
    """
    directory = pathlib.Path(directory)
    vectors = _vectors(directory / "model.tflite", description, images)
    text = json.dumps(vectors, separators=(",", ":"), sort_keys=True)
    (directory / "test_vectors.json").write_text(text + "\n")
    text = _readme(description, vectors)
    (directory / "README.md").write_text(text, encoding="utf-8")
    names = sorted(
        path.name for path in directory.iterdir() if path.name != "SHA256SUMS"
    )
    lines = [f"{push.sha256(directory / name)}  {name}\n" for name in names]
    (directory / "SHA256SUMS").write_text("".join(lines))


def _vectors(path, description, images):
    """Runs the file on a few images, in its own integers or floats."""
    count = min(
        _MAX_VECTORS, max(1, _MAX_NUMBERS // images[0].size), len(images)
    )
    model = LiteRTModel(path)
    labels = description["labels"]
    found = []
    for tensor in model.input.quantize(np.asarray(images[:count])):
        output = model.invoke(tensor[None])[0].copy()
        vector = {
            "input": tensor.ravel().tolist(),
            "output": output.ravel().tolist(),
        }
        if _task(description) == "classification":
            vector["label"] = labels[int(output.argmax())]
        found.append(vector)
    return {"tolerance": _tolerance(model.output, found), "vectors": found}


def _tolerance(output, vectors):
    """How much another processor may differ by: it rounds a step otherwise.

    Args:
        output: `TensorInfo` of the output.
        vectors: Those of `test_vectors.json`.
    """
    if output.scale is not None:
        return 2
    # Floats round by a part of what they are; probabilities are at most 1.
    largest = max(abs(number) for v in vectors for number in v["output"])
    return float(f"{1e-4 * max(1.0, largest):.3g}")


def _readme(description, vectors):
    source, target = description["input"], description["output"]
    made = description["provenance"]
    height, width, channels = source["shape"][1:]
    low, high = source["value_range"]
    paragraphs = [
        f"# {_title(description)}",
        f"`model.tflite`, {description['bytes']:,} bytes "
        f"({description['gzip_bytes']:,} compressed), made by tfkd: "
        f"{_origin(made)}.",
        "## Input",
        f"One tensor `{source['name']}` of type {source['dtype']} and shape "
        f"{source['shape']}: one image, {height} rows of {width} pixels of "
        f"{channels} {'channel' if channels == 1 else 'channels'}, row by "
        f"row. Pixels are raw, {low:g} to {high:g}. The model rescales them "
        "itself: do not normalize.",
        *_integers(source, "pixel", to_integers=True),
        "## Output",
        f"One tensor `{target['name']}` of type {target['dtype']} and shape "
        f"{target['shape']}: {_meaning(description)}.",
        *_integers(target, _real(description), to_integers=False),
        "## Check",
        "    sha256sum --check SHA256SUMS",
        f"`test_vectors.json` holds {len(vectors['vectors'])} inputs with "
        "their outputs, as flat lists in the tensors' own type. Feed each "
        "`input`; every number of the output must be within "
        f"{vectors['tolerance']:g} of `output`{_largest(description)}.",
        "`model.json` says all of this for programs, and what the model was "
        "made from.",
    ]
    return "\n\n".join(map(_wrapped, paragraphs)) + "\n"


def _task(description):
    return description.get("task", "classification")


def _title(description):
    kinds = {
        "classification": "Image classifier",
        "segmentation": "Image segmenter",
        "raw": "Image model",
    }
    classes = len(description["labels"])
    return kinds[_task(description)] + (f", {classes} classes" * (classes > 0))


def _meaning(description):
    if _task(description) == "raw":
        named = "; the last axis is named by `labels.txt`"
        return "what the model returns, as it was trained" + (
            named if description["labels"] else ""
        )
    each = "" if _task(description) == "classification" else " for each pixel"
    return f"the probability of each class{each}, in the order of `labels.txt`"


def _real(description):
    return "value" if _task(description) == "raw" else "probability"


def _largest(description):
    if _task(description) != "classification":
        return ""
    return ", and the largest must be that of `label`"


def _wrapped(paragraph):
    if paragraph.startswith(" "):
        return paragraph  # Code.
    return textwrap.fill(paragraph, 79, break_on_hyphens=False)


def _integers(tensor, real, *, to_integers):
    if tensor["quantization"] is None:
        return ["The numbers are floats: nothing to convert."]
    scale = tensor["quantization"]["scale"]
    zero = tensor["quantization"]["zero_point"]
    if to_integers:
        formula = f"round({real} / {scale:.9g}) + {zero}, kept in range"
        return ["The numbers are integers:", f"    integer = {formula}"]
    formula = f"{real} = (integer - {zero}) * {scale:.9g}"
    return ["The numbers are integers:", f"    {formula}"]


def _origin(provenance):
    words = [
        f"{name} {provenance[key]}"
        for name, key in (("method", "method"), ("recipe", "recipe"))
        if provenance.get(key)
    ]
    if provenance.get("model_hash"):
        words.append(f"from the model {provenance['model_hash'][:12]}")
    return ", ".join(words) or "nothing is known of its origin"
