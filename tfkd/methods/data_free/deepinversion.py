"""DeepInversion: images that fit the teacher's batch statistics.

Equation:  x = argmin  H(y, softmax(z_t)) + a_tv TV(x) + a_2 ||x||_2
               + a_f sum_l (||m_l(x) - M_l||_2 + ||v_l(x) - V_l||_2)
               + a_c (1 - JS(p_t, p_s))
           L = b t^2 KL(softmax(z_t / t) || softmax(z_s / t)) on these x
Symbols:   y classes in turn; z_t, z_s logits; M_l, V_l moving statistics of
           batch normalization l, m_l, v_l those of a batch of x; p_t, p_s
           softened probabilities, the teacher's and the student's; a_tv =
           `tv`; a_2 = `l2`; a_f = `statistics`; a_c = `competition`, > 0 in
           the adaptive variant; t = `temperature`; b = `weight`.
Paper:     Yin et al., *Dreaming to Distill: Data-free Knowledge Transfer via
           DeepInversion*, CVPR 2020, arXiv:1912.08795.
Survey:    Sec 9.3, Eqn 29, Table 7, ref [275].
Differs:   no generator, though the survey's Table 7 prints one: pixels are
           optimized. The terms are those of the authors' released code (the
           first normalization counts `first`, norms are not squared, JS is
           clipped); priors see pixels scaled to [-1, 1], where that code
           standardizes them. In the adaptive variant each `fit` adds
           `examples` images made against the student of that moment.
           Defaults for small images; t and b are not the paper's.
"""

from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.sources import InputOptimizer

CARD = Card(
    key="deepinversion",
    columns={
        "Original data needed": "N",
        "Metadata or prior info.": "N",
        "Number of generators": "N",
        "Inputs": "Noise",
        "Discriminator": "Teacher",
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
    steps: int = 2000,
    learning_rate: float = 0.1,
    tv: float = 2.5e-05,
    l2: float = 3e-08,
    statistics: float = 10.0,
    first: float = 10.0,
    competition: float = 0.0,
    jitter: int = 2,
    flip: bool = True,
    image_batch_size: int = 128,
    temperature: float = 3.0,
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
        examples: Images a set.
        steps: Of the optimization of each image.
        learning_rate: Of its Adam, in units of half the range.
        tv: a_tv >= 0.
        l2: a_2 >= 0.
        statistics: a_f >= 0.
        first: Factor of the first batch normalization, >= 0.
        competition: a_c >= 0; 10 in the adaptive variant.
        jitter: Pixels by which images are rolled, >= 0.
        flip: Whether images are mirrored; not for digits.
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
        student=student,
        value_range=value_range,
        steps=steps,
        learning_rate=learning_rate,
        tv=tv,
        l2=l2,
        statistics=statistics,
        first=first,
        competition=competition,
        jitter=jitter,
        flip=flip,
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
