"""Self-ensembling with a GAN: source images augmented in the target's style.

Equation:  stage 1 (the first `fit`):  a translator t of source images,
               L = G(t(S), T) + m mean_S H(y, f(t(x)))
           stage 2:  L = a mean_S H(y, z(x or t(x)))
               + b(l) mean_T mean_p 1/C sum_c (q'(p)_c - q(p)_c)^2 ,
           theta' <- d theta' + (1 - d) theta after every step
Symbols:   S the images with labels y, the source domain; T those without
           (-1), the target; G the least-squares game in which t(S) deceives
           a critic that tells it from T; f the teacher, a network trained in
           the source; z (batch, h, w, C) the student's logits, q their softmax
           for one noisy view; q' that of its average theta' for another; a
           source image is translated with probability s =
           `translated_share`; m = `semantic_weight`; b(l) = `weight`, ramped
           up for `ramp_steps`; d = `decay`; a = `task_weight`.
Paper:     Choi, Kim & Kim, *Self-Ensembling with GAN-based Data Augmentation
           for Domain Adaptation in Semantic Segmentation*, ICCV 2019,
           arXiv:1909.00589.
Survey:    Sec 13.1 and 15.3.1, ref [43].
Differs:   confirmed from the abstract and the introduction: augmentation by
           a GAN without cycles that keeps labels, and teacher and student,
           both fed with augmented, source and target data. Inferred: that
           the semantic constraint is the source network's cross-entropy, the
           share of translated images, and all numbers.
"""

from tfkd import schedules
from tfkd.distillers import TranslatingDistiller
from tfkd.losses import TargetConsistency
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import dense_logits
from tfkd.methods.translated import domain_translator
from tfkd.methods.translated import source_model
from tfkd.teachers import EMATeacher
from tfkd.transforms import noisy_view

CARD = Card(
    key="tgcf_da",
    status="simplified",
    simplified=(
        "no single target image guides the style of a translation, and the "
        "translator is small"
    ),
    needs=("unlabelled",),
    task="segmentation",
    options={
        "value_range": (0.0, 16.0),
        "translator_epochs": 1,
        "filters": (3,),
        "critic_filters": (4, 4),
        "ramp_steps": 2,
    },
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    semantic_weight: float = 10.0,
    translated_share: float = 0.5,
    weight: float = 10.0,
    ramp_steps: int = 400,
    decay: float = 0.99,
    stddev: float = 0.1,
    task_weight: float = 1.0,
    translator_epochs: int = 100,
    translator_learning_rate: float = 0.0002,
    filters: tuple = (32, 32),
    critic_filters: tuple = (32, 64),
    seed: int = 0,
):
    """Builds the distiller; the first `fit` trains the translator before.

    Args:
        teacher: f, a segmenter trained in the source domain; it judges
            translations. What teaches the student is its own average.
        student: Segmenter to dense logits `(batch, height, width, classes)`,
            trained on images of the source with masks and images of the
            target without.
        value_range: `(low, high)` of raw images.
        semantic_weight: m >= 0.
        translated_share: s in [0, 1].
        weight: b >= 0 after the ramp. A schedule is b itself.
        ramp_steps: Of the ramp, at least 1.
        decay: d in [0, 1).
        stddev: Of the noise on both views, >= 0, in the units of x.
        task_weight: a >= 0, a number or schedule.
        translator_epochs: Of stage 1, at least 1.
        translator_learning_rate: Of its Adam, in (0, 1).
        filters: Channels of the translator's stages.
        critic_filters: Channels of the critic's convolutions.
        seed: Whole number behind the translator's weights, the noise and the
            images that are translated.

    Returns:
        A `TranslatingDistiller`, not compiled. Its first `fit` takes arrays.

    Raises:
        InputError: If logits are not dense, the models differ in images or
            classes, or an argument is out of range.
    """
    dense_logits("tgcf_da", teacher, student)
    judge = source_model("tgcf_da", teacher, student)
    ramp = at_least("tgcf_da", "ramp_steps", ramp_steps, 1)
    first, second = (
        noisy_view(student.input_shape, stddev=stddev, pixels=0, seed=number)
        for number in (seed, seed + 1)
    )
    return TranslatingDistiller(
        translator=domain_translator(
            student,
            judge=judge,
            value_range=value_range,
            semantic_weight=semantic_weight,
            both_ways=False,
            filters=filters,
            critic_filters=critic_filters,
            seed=seed,
        ),
        translator_epochs=translator_epochs,
        translator_learning_rate=translator_learning_rate,
        translated_share=translated_share,
        seed=seed,
        student=student,
        student_view=first,
        teacher=EMATeacher(decay),
        teacher_view=second,
        distillation_losses=TargetConsistency(
            weight=schedules.ramp_up(ramp, weight, "weight")
        ),
        student_loss_weight=task_weight,
    )
