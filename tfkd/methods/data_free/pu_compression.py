"""Few examples, and what a positive-unlabelled classifier finds like them.

Equation:  choice: examples with a label, and those of the pool with
               s(f) > 0, s trained by the non-negative PU risk of `prior` on
               f, the teacher's features at all scales, behind a gate
           L = max_m mean_i w^m_c(i) T^2 KL(softmax(z_t / T) ||
               softmax(z_s / T)) over the choice
           w^0: classes weigh inversely to the teacher's answers on the
               choice; w^m: the same with noise below `spread`
Symbols:   z_t, z_s (batch, classes) logits; c(i) the class that the teacher
           names; T = `temperature`; m up to `perturbations`.
Paper:     Xu et al., *Positive-Unlabeled Compression on the Cloud*,
           NeurIPS 2019, arXiv:1909.09757.
Survey:    Sec 4.1.2, Table 1, ref [259].
Differs:   confirmed in the authors' public code: the risk and its turn where
           it is negative, averaged stages behind a gate of a sixteenth of
           their width, a score above 0, 170 epochs in batches of 4,096 at
           1e-3 with a decay of 5e-3, weights of classes, noise in [0, 0.1)
           drawn once, the worst of two weightings in each batch, T = 1, no
           term of labels. There the classifier starts as the teacher and all
           of it is trained, with SGD; here the teacher's features stay.
"""

from tfkd import taps
from tfkd.distillers import AdaptingDistiller
from tfkd.losses import RobustSoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="pu_compression",
    status="simplified",
    simplified=(
        "the classifier that chooses from the pool is trained on the "
        "teacher's features, which stay as they are"
    ),
    columns={"Objective": "Eqn. 6 or Eqn. 7"},
    needs=("unlabelled",),
    options={"selector_epochs": 2},
)


def build(
    *,
    teacher,
    student,
    feature_taps: tuple | None = None,
    prior: float = 0.21,
    temperature: float = 1.0,
    spread: float = 0.1,
    perturbations: int = 1,
    selector_epochs: int = 170,
    selector_batch_size: int = 4096,
    selector_learning_rate: float = 1e-3,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller. The label -1 marks the pool.

    Args:
        teacher: Classifier with stages.
        student: Classifier of the same classes.
        feature_taps: What the choice is made by; the teacher's stages if
            absent.
        prior: Share of useful examples in the pool, in (0, 1).
        temperature: T > 0, a number or schedule.
        spread: Largest change of a class's weight, >= 0.
        perturbations: Weightings besides the estimated one.
        selector_epochs: Of the PU classifier, before the first step.
        selector_batch_size: Likewise.
        selector_learning_rate: Likewise.
        weight: Of the distillation, >= 0, a number or schedule.
        task_weight: Of labels, >= 0, a number or schedule.
        seed: Of the classifier and of the noise.

    Returns:
        An `AdaptingDistiller`, not compiled.

    Raises:
        InputError: If classes differ in number, a tap does not exist, or a
            number is out of range.
    """
    return AdaptingDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=RobustSoftTargets(
            feature_taps=feature_taps or taps.stages(teacher),
            prior=prior,
            temperature=temperature,
            spread=spread,
            perturbations=perturbations,
            epochs=selector_epochs,
            batch_size=selector_batch_size,
            learning_rate=selector_learning_rate,
            seed=seed,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
