"""Zero-shot distillation: impressions of the data in the teacher's weights.

Equation:  C_kj = w_k . w_j / (||w_k|| ||w_j||), rows scaled to [0, 1]
           y ~ Dirichlet(s C_k);  x = argmin H(y, softmax(z_t(x) / t))
           L = b t^2 KL(softmax(z_t / t) || softmax(z_s / t)) on these x
Symbols:   w_k weights of class k in the teacher's last layer; s one of
           `scales`; z_t, z_s (batch, classes) logits; t = `temperature`; b =
           `weight`.
Paper:     Nayak et al., *Zero-Shot Knowledge Distillation in Deep Networks*,
           ICML 2019, arXiv:1905.08114.
Survey:    Sec 9.2 and 16.6, Eqn 30, Table 7, ref [181].
Differs:   the paper augments the impressions while it distills (scaling,
           translation, rotation, flips); put layers that do so into the
           distiller's views. b is 1 / t^2, so that t = 20 does not scale the
           loss. Steps and learning rate are not confirmed from the paper.
"""

from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.sources import DataImpressions

CARD = Card(
    key="zskd",
    columns={
        "Original data needed": "N",
        "Metadata or prior info.": "Class similarities",
        "Number of generators": "N",
        "Inputs": "Class label + Number of Dis",
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
    examples: int = 1000,
    steps: int = 1500,
    learning_rate: float = 0.01,
    scales: tuple = (1.0, 0.1),
    temperature: float = 20.0,
    weight: float = 0.0025,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier whose logits come from a dense layer, with one
            input of fixed size.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the teacher's raw inputs.
        examples: Impressions that are made.
        steps: Of the optimization of each.
        learning_rate: Of its Adam, in units of half the range.
        scales: s, positive; an equal share of impressions each.
        temperature: t > 0, of impressions and of distillation.
        weight: b >= 0, a number or schedule.
        task_weight: Of the likeliest class of each y.
        seed: Of the impressions.

    Returns:
        A `SynthesisDistiller`, not compiled: `fit(epochs=...)`.

    Raises:
        InputError: If no dense layer makes the logits, classes differ in
            number, or an argument is out of range.
    """
    source = DataImpressions(
        teacher,
        value_range=value_range,
        steps=steps,
        learning_rate=learning_rate,
        scales=scales,
        temperature=temperature,
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
