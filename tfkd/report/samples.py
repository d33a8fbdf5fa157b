"""Test images for the page, with what each model answered."""

import base64
import io

import numpy as np

from tfkd.report import facts

LARGEST = 128


def groups(results, *, each=6):
    """Picks test images: where the answers differ first.

    Args:
        results: A `tfkd.report.results.Results`.
        each: Images a group at most; the first ones of the split.

    Returns:
        A list of groups `{"title", "total", "cards"}` without empty ones; a
        card holds `{"image": data URI, "alt", "id", "true", "answers"}`.
    """
    arrays = results.predictions
    final = facts.judged(results.metrics)
    models = [
        model
        for model in ("teacher", "control", final)
        if f"{model}_probabilities" in arrays
    ]
    if "images" not in arrays or final not in models:
        return []
    truth = arrays["labels"]
    answers = {m: arrays[f"{m}_probabilities"].argmax(axis=-1) for m in models}
    picked = []
    for title, mask in _kinds(answers, truth):
        indices = np.flatnonzero(mask[: len(arrays["images"])])
        if len(indices):
            cards = [_card(results, models, i) for i in indices[:each]]
            picked.append(
                {"title": title, "total": int(mask.sum()), "cards": cards}
            )
    return picked


def _kinds(answers, truth):
    """Yields a title and a mask for each kind; every image is in one."""
    final = answers[next(reversed(answers))]
    right = final == truth
    control = answers.get("control", final) == truth
    teacher = answers.get("teacher", final) == truth
    name = facts.label(next(reversed(answers)))
    yield f"{name} right, control wrong", right & ~control
    yield f"{name} wrong, teacher right", ~right & teacher
    yield f"{name} and teacher wrong", ~right & ~teacher
    yield f"{name} and control right, teacher wrong", right & control & ~teacher
    yield "All right", right & control & teacher


def _card(results, models, index):
    arrays, names = results.predictions, results.metrics["class_names"]
    true = names[int(arrays["labels"][index])]
    answers = []
    for model in models:
        probabilities = arrays[f"{model}_probabilities"][index]
        best = int(probabilities.argmax())
        answers.append(
            {
                "model": model,
                "label": facts.label(model),
                "answer": names[best],
                "right": best == int(arrays["labels"][index]),
                # Rounding up to 100 would claim certainty.
                "confidence": min(99.9, 100 * float(probabilities[best])),
            }
        )
    return {
        "image": data_uri(arrays["images"][index], results.data["value_range"]),
        "id": _text(arrays["example_ids"][index]),
        "alt": f"Test image of class {true}",
        "true": true,
        "answers": answers,
    }


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def data_uri(image, value_range):
    """Encodes an image as a PNG `data:` URI.

    Args:
        image: `(height, width, channels)` or `(height, width)`, raw pixels.
        value_range: `(lowest, highest)` pixel value.
    """
    from PIL import Image

    low, high = value_range
    image = np.asarray(image, dtype=np.float64)
    image = image[..., np.newaxis] if image.ndim == 2 else image
    if image.shape[-1] not in (1, 3, 4):
        image = image.mean(axis=-1, keepdims=True)
    scaled = np.clip((image - low) / max(high - low, 1e-12), 0, 1)
    pixels = np.round(255 * scaled).astype(np.uint8)
    gray = pixels.shape[-1] == 1
    picture = Image.fromarray(pixels[..., 0] if gray else pixels)
    picture.thumbnail((LARGEST, LARGEST))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode()
    return f"data:image/png;base64,{text}"
