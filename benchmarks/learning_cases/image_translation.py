"""Learning cases of the section `image_translation`."""

from learning_cases.case import Case

FEW_SUFFICE = "likely: 50 digits are enough to be as close as the teacher is"

# Pixels have a range of 16 there, and of 2 in the papers.
CASES = {
    "gan_compression": Case(
        {
            "critic_filters": (8, 16),
            "reconstruction_weight": 12.5,
            "adversarial_weight": 0.1,
        },
        task="sharp_digits",
        remark=FEW_SUFFICE,
    ),
    "gan_compress_aguinaldo": Case(
        task="codes_to_digits",
        remark=(
            "likely: 50 codes and digits are enough to be as close as the "
            "teacher is"
        ),
    ),
    "portable_gan": Case(
        {"critic_filters": (8, 16), "adversarial_weight": 0.1},
        task="sharp_digits",
        remark=FEW_SUFFICE,
    ),
    "minegan": Case(
        {"critic_filters": (16, 32)},
        task="few_sevens",
    ),
    "collab_style": Case(
        task="small_codes",
        remark=(
            "likely: each of its stages trains one half of the network "
            "alone, where the control trains all of it"
        ),
    ),
}
