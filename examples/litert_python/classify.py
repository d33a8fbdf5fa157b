"""Runs a model that tfkd pushed; needs numpy and ai_edge_litert alone.

    python classify.py FOLDER               checks the folder's test vectors
    python classify.py FOLDER IMAGES.npy    classifies raw images

FOLDER is a version in a serving directory, such as `serving/1`. IMAGES.npy
holds raw pixels of shape (count, height, width, channels).
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class Classifier:
    """A pushed model: raw pixels in, probabilities out."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.about = json.loads((self.folder / "model.json").read_text())
        self.labels = (self.folder / "labels.txt").read_text().splitlines()
        self.interpreter = Interpreter(str(self.folder / "model.tflite"))
        self.interpreter.allocate_tensors()
        (self.input,) = self.interpreter.get_input_details()
        (self.output,) = self.interpreter.get_output_details()

    def run(self, tensor):
        """Takes and returns a tensor in the file's own type."""
        self.interpreter.set_tensor(self.input["index"], tensor)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output["index"])

    def probabilities(self, image):
        """Takes raw pixels `(height, width, channels)`."""
        tensor = np.asarray(image, np.float32)[None]
        into = self.about["input"]["quantization"]
        if into is not None:
            limits = np.iinfo(self.input["dtype"])
            tensor = np.round(tensor / into["scale"]) + into["zero_point"]
            tensor = np.clip(tensor, limits.min, limits.max)
        answer = self.run(tensor.astype(self.input["dtype"]))[0]
        out_of = self.about["output"]["quantization"]
        if out_of is None:
            return answer
        steps = answer.astype(np.float32) - out_of["zero_point"]
        return steps * out_of["scale"]


def check(folder):
    """Fails unless every file and every test vector is as it was made."""
    folder = pathlib.Path(folder)
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        wanted, name = line.split("  ", 1)
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != wanted:
            sys.exit(f"{name} was changed.")
    model = Classifier(folder)
    told = json.loads((folder / "test_vectors.json").read_text())
    for number, vector in enumerate(told["vectors"]):
        tensor = np.array(vector["input"], model.input["dtype"])
        answer = model.run(tensor.reshape(model.input["shape"]))[0]
        wrong = np.abs(answer.astype(float) - np.array(vector["output"]))
        if wrong.max() > told["tolerance"]:
            sys.exit(f"Vector {number} is off by {wrong.max():g}.")
        # Only a classifier's vectors have one.
        label = vector.get("label")
        if label is not None and model.labels[answer.argmax()] != label:
            sys.exit(f"Vector {number} is no {label}.")
    return len(told["vectors"])


def main(folder, images=None):
    """Checks a folder, or classifies images with its model."""
    if images is None:
        print(f"All {check(folder)} test vectors agree.")
        return
    model = Classifier(folder)
    if "task" in model.about:
        sys.exit(f"{folder} holds no classifier: {model.about['task']}.")
    for image in np.load(images, allow_pickle=False):
        found = model.probabilities(image)
        best = int(found.argmax())
        print(f"{model.labels[best]}  {found[best]:.3f}")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
