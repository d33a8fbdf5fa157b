"""Dream distillation: images around clusters of the teacher's features.

Equation:  phi = c + s sum_i sqrt(l_i) e_i v_i;  x = argmin mean (f(x) - phi)^2
           L = b t^2 KL(softmax(z_t / t) || softmax(z_s / t)) on these x
Symbols:   f (batch, size) the teacher's features after average pooling; c
           centroid of a cluster of f on a small sample of real data; v_i, l_i
           principal components of the cluster and the variances along them;
           e_i standard normal; s = `scale`; z_t, z_s (batch, classes) logits;
           t = `temperature`; b = `weight`.
Paper:     Bhardwaj, Suda & Marculescu, *Dream Distillation: A
           Data-Independent Model Compression Framework*, ICML workshop 2019,
           arXiv:1905.07072.
Survey:    Sec 9.1, Eqn 29, Table 7, ref [24].
Differs:   clusters, components, their noise and the objective as the survey
           and the abstract describe them; the numbers here, k-means within
           each class, the Gaussian form of the noise and the squared distance
           are inferred, and so are t and b.
"""

import functools

from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.sources import FeatureClusters
from tfkd.sources import Representations

CARD = Card(
    key="dream_distillation",
    status="simplified",
    simplified=(
        "the paper could not be read: its numbers, the noise along principal "
        "components and the image objective are inferred from the survey"
    ),
    columns={
        "Original data needed": "Y",
        "Metadata or prior info.": "Activations of pooling layer",
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
    feature_tap: str = "embedding",
    clusters: int = 10,
    components: int = 50,
    scale: float = 1.0,
    value_range: tuple = (0.0, 255.0),
    examples: int = 1000,
    steps: int = 1000,
    learning_rate: float = 0.1,
    image_batch_size: int = 64,
    temperature: float = 4.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier with one input of fixed size.
        student: Classifier of the same classes and inputs.
        metadata: A `tfkd.sources.FeatureClusters`, or a small sample of real
            inputs to record it of.
        labels: Of these inputs, `(examples,)`; the teacher's answers if
            absent.
        feature_tap: f, where inputs are given.
        clusters: A class, at most, where inputs are given.
        components: A cluster, at most, where inputs are given.
        scale: s >= 0, where inputs are given.
        value_range: `(low, high)` of the teacher's raw inputs.
        examples: Images that are made.
        steps: Of the optimization of each image.
        learning_rate: Of its Adam, in units of half the range.
        image_batch_size: Images optimized at once.
        temperature: t > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: Of the classes of the clusters.
        seed: Of clusters and images.

    Returns:
        A `SynthesisDistiller`, not compiled: `fit(epochs=...)`.

    Raises:
        InputError: If there are no metadata or they are another teacher's,
            classes differ in number, or an argument is out of range.
    """
    record = made_images.metadata_of(
        "dream_distillation",
        metadata,
        FeatureClusters,
        functools.partial(
            FeatureClusters.record,
            teacher,
            labels=labels,
            tap=feature_tap,
            clusters=clusters,
            components=components,
            scale=scale,
            seed=seed,
        ),
    )
    source = Representations(
        teacher,
        record,
        rectified=False,
        value_range=value_range,
        steps=steps,
        learning_rate=learning_rate,
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
