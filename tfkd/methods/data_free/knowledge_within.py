"""The knowledge within: images with the teacher's own batch statistics.

Equation:  BNS(x) = sum_l mean_c KL(N(M_l, V_l) || N(m_l(x), v_l(x)))
           x = argmin  a_f BNS(x) + a_y H(y, softmax(z_t(x)))
           L = b t^2 KL(softmax(z_t / t) || softmax(z_s / t)) on these x
Symbols:   M_l, V_l moving mean and variance of channel c of batch
           normalization l, m_l, v_l those of a batch of x; y classes in turn;
           z_t, z_s logits; a_f = `statistics`; a_y = `classification`, 0 for
           the paper's scheme BNS, > 0 for BNS + I; t = `temperature`; b =
           `weight`.
Paper:     Haroush et al., *The Knowledge Within: Methods for Data-Free Model
           Compression*, CVPR 2020, arXiv:1912.01274.
Survey:    Sec 9.1, Eqn 29, Table 7, ref [89], whose table says that original
           data are needed: this scheme needs none.
Differs:   the divergence and its direction are the paper's; the mean over
           channels, no image priors, and the numbers of the optimization are
           inferred. The scheme I alone is `statistics=0`, the paper's
           Gaussian one needs no method. Its students are the teacher
           quantized, calibrated or tuned on x; here any student is distilled.
"""

from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.sources import InputOptimizer

CARD = Card(
    key="knowledge_within",
    columns={
        "Original data needed": "Y",
        "Metadata or prior info.": "Batch normalization layer",
        "Number of generators": "N",
        "Inputs": "Image shape",
        "Discriminator": "N",
        "Multi-task distillation": "N",
    },
    zero_when_equal=True,
    options={"value_range": (0.0, 16.0), "examples": 8, "steps": 3},
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    examples: int = 1024,
    steps: int = 1000,
    learning_rate: float = 0.1,
    statistics: float = 1.0,
    classification: float = 1.0,
    image_batch_size: int = 128,
    temperature: float = 4.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier with batch normalization and one input of fixed
            size.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the teacher's raw inputs.
        examples: Images that are made.
        steps: Of the optimization of each image.
        learning_rate: Of its Adam, in units of half the range.
        statistics: a_f >= 0.
        classification: a_y >= 0.
        image_batch_size: Images that share their statistics.
        temperature: t > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: Of the classes that the images were made for.
        seed: Of the images.

    Returns:
        A `SynthesisDistiller`, not compiled: `fit(epochs=...)`.

    Raises:
        InputError: If the teacher has no batch normalization, classes differ
            in number, or an argument is out of range.
    """
    source = InputOptimizer(
        teacher,
        value_range=value_range,
        steps=steps,
        learning_rate=learning_rate,
        classification=classification,
        statistics=statistics,
        first=1.0,
        gap="kl",
        tv=0.0,
        l2=0.0,
        jitter=0,
        flip=False,
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
