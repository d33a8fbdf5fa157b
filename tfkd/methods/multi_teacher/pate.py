"""PATE: teachers of private data vote, and noise hides each one's vote.

Equation:  L = b H(argmax_c [n_c(x) + xi_c], softmax(z_s))
               + a H(y, softmax(z_s)) + m L_G(x),  xi_c ~ Lap(0, 1 / g),
           n_c(x) = |{i: argmax_k z_i(x)_k = c}|
Symbols:   z_i, z_s (batch, classes) logits of teacher i, trained on a shard
           of private data that it shares with no other teacher, and of the
           student, on public examples x; L_G the game of
           `tfkd.losses.SemiSupervisedGame` with a generator, which reads no
           answer; g = `gamma`; b = `weight`; a = `task_weight`; m =
           `game_weight`.
Paper:     Papernot, Abadi, Erlingsson, Goodfellow & Talwar, *Semi-supervised
           Knowledge Transfer for Deep Learning from Private Training Data*,
           ICLR 2017, arXiv:1610.05755.
Survey:    Sec 7.1 and 13.1, Eqn 23 with a noisy maximum, Table 6, ref [188].
Differs:   confirmed in the authors' code and analysis: votes of the largest
           class, Laplace noise of scale 1 / g, one answer a query, and the
           bounds of `tfkd.losses.privacy_spent`. g = 1/20 is the paper's for
           250 teachers; fewer teachers need a larger g for labels that are
           right as often, and so spend more privacy on each. The game is
           that of Salimans et al., arXiv:1606.03498, as the paper says of its
           students of images; m and the generator are ours. It is off where m
           is 0, the default, as it needs the range of the inputs.
"""

from tfkd.distillers import Distiller
from tfkd.losses import NoisyVotes
from tfkd.losses import SemiSupervisedGame
from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble

CARD = Card(
    key="pate",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "Y",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "N",
        "Major losses": "L_KD",
    },
    needs=("index",),
)


def build(
    *,
    teacher,
    student,
    queries: int = 1000,
    gamma: float = 0.05,
    weight: float = 1.0,
    task_weight: float = 0.0,
    game_weight: float = 0.0,
    feature_tap: str = "embedding",
    value_range: tuple = (0.0, 255.0),
    noise_size: int = 100,
    filters: tuple = (128, 64),
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A list of at least two classifiers of the same classes.
        student: Classifier of these classes. Each public example carries its
            number: `x = {"student": images, "index": np.arange(count)}`.
        queries: Examples that are asked about: those of an index below it.
            Others count in the game alone.
        gamma: g > 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; public labels are not needed where it is 0.
        game_weight: m >= 0, a number or schedule; of 0 there is no generator.
        feature_tap: Of the student, whose mean the generator matches.
        value_range: `(low, high)` of the public inputs.
        noise_size: Width of the generator's noise.
        filters: Channels of its maps.
        seed: Whole number behind the noise. Who knows it can take the noise
            off again: keep it as secret as the data. The generator's is
            another.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, there are fewer than two
            teachers, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    losses = [
        NoisyVotes(
            teacher_taps=[
                f"{index}/logits" for index in range(len(ensemble.members))
            ],
            queries=queries,
            gamma=gamma,
            seed=seed,
            weight=weight,
        )
    ]
    if game_weight != 0:
        generator = made_images.generator(
            "pate",
            student,
            noise_size=noise_size,
            value_range=value_range,
            filters=filters,
            seed=seed + 1,
        )
        losses.append(
            SemiSupervisedGame(
                generator,
                feature_tap=feature_tap,
                weight=game_weight,
                seed=seed + 1,
            )
        )
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
