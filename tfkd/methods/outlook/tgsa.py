"""Teacher-guided search: networks that see as the teacher does come first.

Equation:  R(n) = accuracy(n) + a mean_l corr(D(F_t^l), D(F_n^l))
           the network of the largest R is trained with
           L = c H(y, softmax(z_s)) + b T^2 KL(softmax(z_t / T) ||
               softmax(z_s / T))
Symbols:   n the student and each of `candidates`, trained for
           `trial_epochs`; D the dissimilarities of all pairs of held-out
           examples, 1 minus the correlation of their features; F^l stages of
           teacher and network, paired from the last; a = `alpha`; z (batch,
           classes) logits; T = `temperature`; b = `weight`; c =
           `task_weight`; y labels.
Paper:     Bashivan, Tensen & DiCarlo, *Teacher Guided Architecture Search*,
           ICCV 2019, arXiv:1808.01405.
Survey:    Sec 17.1, ref [21].
Differs:   confirmed from the abstract: representational similarity analysis
           of internal activations, after limited training, guides the
           search. Its weight beside accuracy, the layers and the measure of
           two dissimilarity matrices are inferred. That the network found is
           distilled is the survey's wish, not the paper's.
"""

import functools

import numpy as np

from tfkd import taps
from tfkd.distillers import ArchitectureSearch
from tfkd.distillers import searches
from tfkd.methods.card import Card
from tfkd.methods.soft_target_trainer import soft_target_trainer
from tfkd.metrics import rsa
from tfkd.taps import Extractor

# Held-out examples whose pairs are compared.
EXAMPLES = 500

CARD = Card(
    key="tgsa",
    instead="looks for a student of its own",
    status="simplified",
    simplified=(
        "candidates are a list of the user's: the paper's generator of "
        "convolutional cells, trained by reinforcement, is left out"
    ),
)


def build(
    *,
    teacher,
    student,
    candidates: tuple = (),
    alpha: float = 1.0,
    trial_epochs: int = 2,
    held_out: float = 0.2,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
    seed: int = 0,
):
    """Builds the search.

    Args:
        teacher: Classifier with stages.
        student: A candidate of the same classes, with stages. Each is tried
            as a copy.
        candidates: Further Keras models, likewise.
        alpha: a >= 0.
        trial_epochs: At least 1.
        held_out: Share of the labelled examples that judge, in (0, 1).
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: c >= 0, a number or schedule.
        seed: Of what is held out.

    Returns:
        An `ArchitectureSearch`, not compiled; its `student` is the network
        that was found.

    Raises:
        InputError: If a model has no stages or other classes, or a number is
            out of range.
    """
    trainer = soft_target_trainer(
        teacher,
        temperature=temperature,
        weight=weight,
        task_weight=task_weight,
    )
    networks = (student, *candidates)
    for model in networks:
        # Its errors come before any training.
        trainer(model), taps.stage_pairs(teacher, model)

    @functools.cache
    def seen_by_teacher(judges):
        return _read(teacher, taps.stages(teacher), judges.images)

    def reward(trial):
        pairs = taps.stage_pairs(teacher, trial.model)
        theirs = seen_by_teacher(trial.judges)
        names = [name for _, name in pairs]
        own = _read(trial.model, names, trial.judges.images)
        alike = [rsa.similarity(theirs[t], own[s]) for t, s in pairs]
        return trial.accuracy() + alpha * float(np.mean(alike))

    return ArchitectureSearch(
        student=student,
        search=lambda _: searches.Finalists(networks, reward),
        trainer=trainer,
        trial_epochs=trial_epochs,
        held_out=held_out,
        # Of two examples there is one pair, which correlates with nothing.
        least=3,
        seed=seed,
    )


def _read(model, names, images):
    """Taps of some images, by name."""
    found = Extractor(model, names)(images[:EXAMPLES], training=False)
    return {name: np.asarray(tap) for name, tap in found.items()}
