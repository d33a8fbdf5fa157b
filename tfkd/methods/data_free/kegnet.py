"""KegNet: generators of classes, whose noise a decoder can read back.

Equation:  L_G = H(y, softmax(z_t)) + a mean (e - D(x))^2
                 + b exp(- mean_ij d(e_i, e_j) |x_i - x_j|),  x = G(y, e)
           L_S = c t^2 KL(softmax(z_t / t) || softmax(z_s / t)) on such x
Symbols:   y one-hot classes, drawn uniformly; e Gaussian noise; D the
           decoder; z_t, z_s (batch, classes) logits; a = `decoding`; b =
           `diversity`; t = `temperature`; c = `weight`.
Paper:     Yoo, Cho, Kim & Kang, *Knowledge Extraction with No Observable
           Data*, NeurIPS 2019.
Survey:    Sec 5.2.2 and 9.3, Eqn 12 with the teacher as D, Tables 3 and 7,
           ref [277].
Differs:   the three losses, five generators of 20,000 steps with batches of
           256, a = 1, b between 0 and 10 (by data set), and t = 1 are those of
           the authors' released code. Its generators are larger and end in a
           normalization; here in a sigmoid scaled to the teacher's raw
           inputs. Its student is the teacher with its layers decomposed; any
           student does here.
"""

from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.sources import ClassGenerators

CARD = Card(
    key="kegnet",
    columns={
        "GAN type": "Second type",
        "Purpose": "Classification",
        "D's input": "Logits",
        "Number of D": "One",
        "On-line": "No",
        "Original data needed": "N",
        "Metadata or prior info.": "N",
        "Number of generators": "One",
        "Inputs": "Noise + class labels",
        "Discriminator": "Teacher",
        "Multi-task distillation": "N",
    },
    zero_when_equal=True,
    options={
        "value_range": (0.0, 16.0),
        "examples": 8,
        "generators": 2,
        "steps": 3,
        "image_batch_size": 8,
        "noise_size": 4,
        "filters": (8, 4),
    },
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    examples: int = 32000,
    generators: int = 5,
    steps: int = 20000,
    generator_learning_rate: float = 0.001,
    decoding: float = 1.0,
    diversity: float = 1.0,
    image_batch_size: int = 256,
    noise_size: int = 10,
    filters: tuple = (128, 64),
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier with one input of fixed size.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the teacher's raw inputs.
        examples: Images that all generators make.
        generators: How many are trained, at least 1.
        steps: Of each generator.
        generator_learning_rate: Of its Adam, > 0.
        decoding: a >= 0.
        diversity: b >= 0.
        image_batch_size: Images a step of a generator, at least 2.
        noise_size: Width of e, at least 1.
        filters: Channels of each generator's maps.
        temperature: t > 0, a number or schedule.
        weight: c >= 0, a number or schedule.
        task_weight: Of the classes that the images were made for.
        seed: Of generators and images.

    Returns:
        A `SynthesisDistiller`, not compiled: `fit(epochs=...)`.

    Raises:
        InputError: If classes differ in number, or an argument is out of
            range.
    """
    source = ClassGenerators(
        teacher,
        value_range=value_range,
        generators=generators,
        steps=steps,
        batch_size=image_batch_size,
        learning_rate=generator_learning_rate,
        decoding=decoding,
        diversity=diversity,
        noise_size=noise_size,
        filters=filters,
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
