"""CyCADA: images, and then features, of one domain become the other's.

Equation:  stage 1 (the first `fit`):  translators t, s between the domains:
               L = G(t(S), T) + G(s(T), S)
                   + c [ mean_S ||s(t(x)) - x||_1 + mean_T ||t(s(x)) - x||_1 ]
                   + m [ mean_S H(y, f(t(x))) + mean_T H(argmax f(x), f(s(x))) ]
           stage 2:  L = a mean_S H(y, z(t(x))) + b G(z(T), z(t(S)))
Symbols:   S the images with labels y, the source domain; T those without
           (-1), the target; f the teacher, trained in the source; z the
           student's logits; G(A, B) a game: what is of A deceives a critic
           that tells it from B, of least squares in stage 1, of `kind` in
           stage 2; norms are means over pixels; c = `cycle_weight`; m =
           `semantic_weight`; a = `task_weight`; b = `weight`.
Paper:     Hoffman, Tzeng, Park, Zhu, Isola, Saenko, Efros & Darrell, *CyCADA:
           Cycle-Consistent Adversarial Domain Adaptation*, ICML 2018,
           arXiv:1711.03213.
Survey:    Sec 15.3.2, ref [99].
Differs:   confirmed in the authors' code: least squares, c = 10, a semantic
           loss of weight 1 with labels in the source and the classifier's
           own answers in the target. There the game of t counts twice, the
           semantic term waits until the classifier knows enough (f is trained
           here), a pool of older images plays, and features adapt after the
           classifier was trained on translated images; here with it.
           Translators are smaller: they change images, without
           normalization. b is not confirmed, and scales what the critic
           learns, too. Images span 1 here and 2 there: c = 10 is 5 there.
"""

from tfkd.distillers import TranslatingDistiller
from tfkd.methods.card import Card
from tfkd.methods.translated import domain_translator
from tfkd.methods.translated import feature_game
from tfkd.methods.translated import source_model
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="cycada",
    status="simplified",
    simplified=(
        "features adapt while the student learns from translated images, not "
        "after, and the translators are small"
    ),
    needs=("unlabelled",),
    task="segmentation",
    options={
        "value_range": (0.0, 16.0),
        "translator_epochs": 1,
        "filters": (3,),
        "critic_filters": (4, 4),
    },
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    feature_tap: str = "logits",
    cycle_weight: float = 10.0,
    semantic_weight: float = 1.0,
    weight: float = 0.1,
    task_weight: float = 1.0,
    kind: str = "vanilla",
    translator_epochs: int = 100,
    translator_learning_rate: float = 0.0002,
    filters: tuple = (32, 32),
    critic_filters: tuple = (32, 64),
    seed: int = 0,
):
    """Builds the distiller; the first `fit` trains the translators before.

    Args:
        teacher: f, a classifier or segmenter trained in the source domain.
        student: Likewise, trained on source images with labels and target
            images without; usually starts as the teacher.
        value_range: `(low, high)` of raw images.
        feature_tap: The student's tensor that the game of stage 2 sees.
        cycle_weight: c >= 0.
        semantic_weight: m >= 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        kind: Of the game of stage 2, `"vanilla"` or `"lsgan"`.
        translator_epochs: Of stage 1, at least 1.
        translator_learning_rate: Of its Adam, in (0, 1).
        filters: Channels of the translators' stages.
        critic_filters: Channels of the critics' convolutions.
        seed: Whole number behind the translators' weights.

    Returns:
        A `TranslatingDistiller`, not compiled. Its first `fit` takes arrays.

    Raises:
        InputError: If the models differ in images or classes, a tap does not
            exist, or an argument is out of range.
    """
    judge = source_model("cycada", teacher, student)
    return TranslatingDistiller(
        translator=domain_translator(
            student,
            judge=judge,
            value_range=value_range,
            cycle_weight=cycle_weight,
            semantic_weight=semantic_weight,
            filters=filters,
            critic_filters=critic_filters,
            seed=seed,
        ),
        translator_epochs=translator_epochs,
        translator_learning_rate=translator_learning_rate,
        student=student,
        teacher=SelfTeacher(),
        distillation_losses=feature_game(
            student,
            feature_tap,
            critic_filters=critic_filters,
            kind=kind,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
