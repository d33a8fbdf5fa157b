"""Recomputes the demo's int8 accuracy without any code of tfkd.

    python .ci/check_demo.py PIPELINE_ROOT DEMO_OUTPUT [--cached]

Takes the pushed `.tflite` file, scikit-learn's digits and their split of 500
test images, and runs the file in `ai_edge_litert`. Fails unless the accuracy
is the one that the Evaluator recorded and that the demo printed.
"""

import json
import pathlib
import re
import sys

import numpy as np
from ai_edge_litert import interpreter as litert
from sklearn import datasets
from sklearn import model_selection

TEST_EXAMPLES = 500


def newest(folder):
    """Returns the sub-folder with the highest number."""
    numbered = [p for p in folder.iterdir() if p.name.isdigit()]
    if not numbered:
        sys.exit(f"There is nothing in {folder}.")
    return max(numbered, key=lambda path: int(path.name))


def test_images():
    """Returns the raw pixels, 0 to 16, and labels of the test split."""
    digits = datasets.load_digits()
    _, rows = model_selection.train_test_split(
        range(len(digits.target)),
        test_size=TEST_EXAMPLES,
        random_state=0,
        stratify=digits.target,
    )
    rows = sorted(rows)
    return digits.images[rows][..., None], digits.target[rows]


def predict(path, images):
    """Returns the file's answers, one image at a time."""
    runner = litert.Interpreter(model_path=str(path))
    runner.allocate_tensors()
    (source,) = runner.get_input_details()
    (target,) = runner.get_output_details()
    answers = []
    for image in images:
        value = image[None]
        if source["dtype"] != np.float32:
            scale, zero = source["quantization"]
            limits = np.iinfo(source["dtype"])
            value = np.round(value / scale + zero)
            value = value.clip(limits.min, limits.max)
        runner.set_tensor(source["index"], value.astype(source["dtype"]))
        runner.invoke()
        # Scale is positive: the largest integer is the largest logit.
        answers.append(int(runner.get_tensor(target["index"])[0].argmax()))
    return np.array(answers), source["dtype"]


def main(root, output, cached):
    """Checks one run; exits with a message where something is wrong."""
    root, text = pathlib.Path(root), pathlib.Path(output).read_text()
    pushed = newest(root / "serving") / "model.tflite"
    evaluation = newest(root / "Evaluator" / "evaluation")
    metrics = json.loads((evaluation / "metrics.json").read_text())
    if metrics["blessed"] is not True:
        sys.exit(f"Not blessed: {metrics['checks']}")
    images, labels = test_images()
    answers, dtype = predict(pushed, images)
    accuracy = float(np.mean(answers == labels))
    recorded = metrics["models"]["student_int8"]["accuracy"]
    if abs(accuracy - recorded) > 1e-9:
        sys.exit(
            f"{pushed} answers {accuracy:.4f} of the test images right, the "
            f"Evaluator recorded {recorded:.4f}."
        )
    lines = [line for line in text.splitlines() if "int8" in line]
    printed = {n for line in lines for n in re.findall(r"\d+\.\d", line)}
    if f"{100 * accuracy:.1f}" not in printed:
        sys.exit(f"The demo printed {lines}, not {100 * accuracy:.1f} %.")
    if cached and "everything was cached" not in text.lower():
        sys.exit(f"Not everything was cached:\n{text}")
    sys.stdout.write(
        f"{pushed.name}: {dtype.__name__}, {pushed.stat().st_size:,} bytes, "
        f"{100 * accuracy:.1f} % of {len(labels)} test images, as printed.\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:3], cached="--cached" in sys.argv)
