"""Data-free distillation by Lopes et al.: images for recorded features.

Equation:  phi_j = mu_kj + A_kj e;  x = argmin sum_j 1/s_j mean (relu(F_j(x))
               - relu(phi_j))^2
           L = b t^2 KL(softmax(z_t / t) || softmax(z_s / t)) on these x
Symbols:   F_j (batch, ...) the teacher's tap j, of size s_j, which divides
               only where there are several; mu_kj, A_kj A_kj^T mean and
               covariance of tap j on real data of class k; e standard normal;
               z_t, z_s (batch, classes) logits; t = `temperature`; b =
               `weight`.
Paper:     Lopes, Fenu & Starner, *Data-Free Knowledge Distillation for Deep
           Neural Networks*, arXiv:1710.07535.
Survey:    Sec 9.1 and 16.5, Eqn 29, Table 7, ref [155].
Differs:   the loss, the statistics, 1000 steps and the learning rate 0.07 for
           pixels in [0, 1] are those of the authors' released code, which
           starts from noise around the mean of its pixels and multiplies e by
           A^T; here it starts from standard normal noise in units of half the
           range. So are masks of dropout that stay the same while a batch of
           images is made (`dropout`); the spectral objectives are not in
           that code. t and b are not the paper's.
"""

import functools

from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.sources import ClassGaussians
from tfkd.sources import Representations

CARD = Card(
    key="lopes_datafree",
    status="simplified",
    simplified=(
        "the spectral objectives, over all layers and over pairs of them, "
        "are left out"
    ),
    columns={
        "Original data needed": "Y",
        "Metadata or prior info.": "Activations of all layers",
        "Number of generators": "N",
        "Inputs": "Image shape",
        "Discriminator": "N",
        "Multi-task distillation": "N",
    },
    zero_when_equal=True,
    options={"value_range": (0.0, 16.0), "examples": 8, "steps": 3},
    example="""\
# Facts of the data above: give those of yours.
options = {"metadata": images, "value_range": (0.0, 1.0)}
# Chosen for this example, which ends in seconds.
options |= {"examples": 8, "steps": 3}
""",
)


def build(
    *,
    teacher,
    student,
    metadata: object = None,
    labels: object = None,
    metadata_taps: tuple = ("logits",),
    value_range: tuple = (0.0, 255.0),
    examples: int = 1000,
    steps: int = 1000,
    learning_rate: float = 0.14,
    dropout: bool = False,
    image_batch_size: int = 64,
    temperature: float = 8.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier with one input of fixed size.
        student: Classifier of the same classes and inputs.
        metadata: A `tfkd.sources.ClassGaussians`, or real inputs to record
            it of.
        labels: Of these inputs, `(examples,)`; the teacher's answers if
            absent.
        metadata_taps: Taps F_j that are recorded of inputs: the logits for
            the top layer, or all layers.
        value_range: `(low, high)` of the teacher's raw inputs.
        examples: Images that are made.
        steps: Of the optimization of each image.
        learning_rate: Of its Adam, in units of half the range.
        dropout: Whether the teacher's dropout layers drop while images are
            made, by other masks for each batch of images.
        image_batch_size: Images optimized at once.
        temperature: t > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: Of the classes that features were drawn of.
        seed: Of the images.

    Returns:
        A `SynthesisDistiller`, not compiled: `fit(epochs=...)`.

    Raises:
        InputError: If there are no metadata or they are another teacher's,
            classes differ in number, the teacher has no dropout that is
            asked for, or an argument is out of range.
    """
    record = made_images.metadata_of(
        "lopes_datafree",
        metadata,
        ClassGaussians,
        functools.partial(
            ClassGaussians.record, teacher, labels=labels, taps=metadata_taps
        ),
    )
    source = Representations(
        teacher,
        record,
        value_range=value_range,
        steps=steps,
        learning_rate=learning_rate,
        dropout=dropout,
        batch_size=image_batch_size,
        seed=seed,
    )
    return made_images.distilled_on(
        source,
        examples=examples,
        teacher=teacher,
        student=student,
        temperature=temperature,
        weight=weight,
        task_weight=task_weight,
    )
