"""CrDoCo: two networks agree on an image and its translation.

Equation:  stage 1 (the first `fit`):  translators t, s between the domains,
               as in `DomainTranslator`
           stage 2:  L = a mean_S H(y, z_T) + a' mean_S H(y, z_S)
               + b mean [ KL(p_S || p_T) + KL(p_T || p_S) ] + g G(T, S)
Symbols:   S the images with labels y, the source domain; T those without
           (-1), the target; z_T logits of the student, which sees the target's
           style: t(x) for x in S, x itself in T; z_S logits of a network for
           the source's style, which starts as the teacher and is trained: x
           in S, s(x) in T; p their softmax, KL a mean over pixels; G the game
           in which the student's probabilities in T deceive a critic; a =
           `task_weight`; a' = `source_task_weight`; b = `weight`; g =
           `game_weight`.
Paper:     Chen, Lin, Yang & Huang, *CrDoCo: Pixel-level Domain Transfer with
           Cross-Domain Consistency*, CVPR 2019, arXiv:2001.03182.
Survey:    Sec 15.3.2, Eqn 27 across translations, ref [39].
Differs:   confirmed from the abstract and a review of the paper: translation
           both ways with reconstruction, two networks of which each sees
           images of one style, divergences in both directions, cross-entropy
           of labels, and games of images and of features. b and g are not
           confirmed; features are probabilities here, and a game is played
           for the student's alone. g scales what the critic learns, too: take
           an optimizer that undoes that, such as Adam. The term of a' is a
           mean over all images, 0 in T.
"""

import keras

from tfkd import taps
from tfkd.distances import SoftmaxKL
from tfkd.distillers import TranslatingDistiller
from tfkd.losses import Consistency
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.translated import domain_translator
from tfkd.methods.translated import feature_game
from tfkd.methods.translated import source_model
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="crdoco",
    status="simplified",
    simplified=(
        "the translators are trained before, with the source network as "
        "judge, not together with both networks"
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
_OTHER = "source_logits"


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    cycle_weight: float = 10.0,
    semantic_weight: float = 1.0,
    weight: float = 1.0,
    game_weight: float = 0.001,
    source_task_weight: float = 1.0,
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
        teacher: A classifier or segmenter trained in the source domain; a
            copy of it is trained further, it is not.
        student: Likewise, for the target domain, trained on source images
            with labels and target images without.
        value_range: `(low, high)` of raw images.
        cycle_weight: c >= 0 of the translators.
        semantic_weight: m >= 0 of the translators.
        weight: b >= 0, a number or schedule.
        game_weight: g >= 0, a number or schedule.
        source_task_weight: a' >= 0, a number or schedule.
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
        InputError: If the models differ in images or classes, or an argument
            is out of range.
    """
    judge = source_model("crdoco", teacher, student)
    other = keras.models.clone_model(judge)
    other.set_weights(judge.get_weights())
    agreements = [
        Consistency(
            first_tap=first,
            second_tap=second,
            distance=SoftmaxKL(),
            weight=weight,
            name=name,
        )
        for first, second, name in (
            (_OTHER, "logits", "target_agrees"),
            ("logits", _OTHER, "source_agrees"),
        )
    ]
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
        both_styles=True,
        student=student,
        network=taps.with_styles(student, other),
        teacher=SelfTeacher(),
        distillation_losses=[
            TaskLoss(
                student_tap=_OTHER,
                weight=source_task_weight,
                name="source_task",
            ),
            *agreements,
            feature_game(
                student,
                "logits",
                critic_filters=critic_filters,
                kind=kind,
                weight=game_weight,
            ),
        ],
        student_loss_weight=task_weight,
    )
