"""Knowledge adaptation: teachers count as their domain is like the target.

Equation:  L = b T^2 KL(sum_i g_i softmax(z_i / T) || softmax(z_s / T))
               + a H(y, softmax(z_s)),
           g_i = sim(D_i, D) / sum_j sim(D_j, D)
           one teacher, for the n examples of largest MCD, besides:
               + b T^2 KL((1 - l) y_1 + l softmax(z_1 / T)
                          || softmax(z_s / T)),
           MCD = |cos(c_p, h) - cos(c_q, h)|
Symbols:   z_i, z_s (batch, classes) logits of teacher i, which was trained on
           the source domain D_i, and of the student, on examples of the
           target domain D; y_1 the one-hot row of the largest z_1; h the
           teacher's features; c_p, c_q means of h over the examples that the
           teacher takes for one class, the two nearest h by cosine; sim =
           `similarities`; n = `confident_examples`; l = `soft_share`; T =
           `temperature`; a = `task_weight`; b = `weight`.
Paper:     Ruder, Ghaffari & Breslin, *Knowledge Adaptation: Teaching to
           Adapt*, 2017, arXiv:1702.02052.
Survey:    Sec 7.1 and 7.4, Eqn 24, Table 6, ref [200].
Differs:   KL instead of cross-entropy: the same gradient. Similarities are
           numbers that the caller measures on the domains' data, by the
           paper with the Jensen-Shannon divergence of term distributions.
           Confirmed from the paper's text: T = 5, Eqns 3 to 5, n = 500, l =
           0.2. There the student alternates between training on all examples
           and on the n; here a batch has both terms. MCD of more than two
           classes is in an appendix that was not seen: the two nearest
           centroids are inferred.
"""

from tfkd.distillers import AdaptingDistiller
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import ClusterDifferenceTargets
from tfkd.losses import EnsembleSoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.numerics import shares
from tfkd.teachers import as_ensemble

CARD = Card(
    key="ruder_ka",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
)


def build(
    *,
    teacher,
    student,
    similarities: tuple | None = None,
    confident_examples: int | None = None,
    soft_share: float = 0.2,
    teacher_tap: str | None = None,
    temperature: float = 5.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers, one a source domain.
        student: Classifier of the same classes, trained on the target
            domain, which needs no labels where `task_weight` is 0.
        similarities: sim(D_i, D) >= 0 of each teacher, in their order, not
            all zero; the weights of an `EnsembleTeacher`, or equal, if
            absent.
        confident_examples: n of one teacher, 500 if absent, 0 for no such
            term; leave it out with several.
        soft_share: l in [0, 1].
        teacher_tap: h of one teacher; what its logits are computed from if
            absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled; for one teacher and n > 0 an
        `AdaptingDistiller`, whose first `fit` finds the n examples.

    Raises:
        InputError: If similarities do not fit the teachers, classes differ
            in number, an argument for one teacher is given to several, or a
            number is out of range.
    """
    ensemble = as_ensemble(teacher)
    count = len(ensemble.members)
    if similarities is None:
        similarities = ensemble.weights_
    soft = EnsembleSoftTargets(
        teacher_taps=[f"{index}/logits" for index in range(count)],
        shares=shares("similarities", similarities, count),
        temperature=temperature,
        weight=weight,
    )
    given = {
        "student": student,
        "teacher": ensemble,
        "student_loss_weight": task_weight,
    }
    examples = _checked_examples(count, confident_examples, teacher_tap)
    if not examples:
        return Distiller(distillation_losses=soft, **given)
    confident = ClusterDifferenceTargets(
        examples=examples,
        soft_share=soft_share,
        temperature=temperature,
        teacher_tap="0/logits",
        feature_tap=f"0/{teacher_tap or 'logits:input'}",
        weight=weight,
        name="confident_targets",
    )
    return AdaptingDistiller(distillation_losses=[soft, confident], **given)


def _checked_examples(teachers, examples, tap):
    """Returns n, 0 where there are several teachers."""
    if teachers == 1:
        examples = 500 if examples is None else examples
        return at_least("ruder_ka", "confident_examples", examples, 0)
    if examples or tap:
        raise InputError(
            "Confident examples are those of a single source, received "
            f"{teachers} teachers, confident_examples={examples!r} and "
            f"teacher_tap={tap!r}. Leave them out, or pass one teacher."
        )
    return 0
