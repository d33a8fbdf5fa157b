"""Learning cases of the section `data_free`."""

from learning_cases.case import Case

NOISE_SUFFICES = (
    "likely: the control's 128,000 images of uniform noise, new at every "
    "step, already cover what a teacher of 8x8 digits distinguishes; made "
    "images are fewer (a fixed set) or less varied (those that the teacher "
    "is sure about, or the student wrong)"
)
NOISE_SUFFICES_FOR_DIGITS = (
    f"{NOISE_SUFFICES}. On clothes it does gain: see `data_free` of the "
    "leaderboard"
)

CASES = {
    "dafl": Case(
        {"noise_size": 32, "filters": (32, 16)},
        task="no_images",
        remark=NOISE_SUFFICES_FOR_DIGITS,
    ),
    "deepinversion": Case(
        {"flip": False, "examples": 512, "steps": 500},
        task="no_images",
        remark=NOISE_SUFFICES_FOR_DIGITS,
    ),
    "dfad": Case(
        {"noise_size": 32, "filters": (32, 16)},
        task="no_images",
        remark=NOISE_SUFFICES,
    ),
    "dual_gan_ka": Case(
        {"noise_size": 32, "filters": (32, 16)},
        task="no_images_of_some_classes",
        remark=NOISE_SUFFICES_FOR_DIGITS,
    ),
    "dream_distillation": Case(
        {"examples": 640, "steps": 300, "clusters": 3},
        task="recorded_features",
    ),
    "kegnet": Case(
        {
            "examples": 6400,
            "generators": 2,
            "steps": 500,
            "image_batch_size": 128,
            "filters": (32, 16),
            "diversity": 10.0,
            "temperature": 4.0,
        },
        task="no_images",
        remark=NOISE_SUFFICES_FOR_DIGITS,
    ),
    "knowledge_within": Case(
        {"examples": 512, "steps": 500},
        task="no_images",
        remark=NOISE_SUFFICES_FOR_DIGITS,
    ),
    "lopes_datafree": Case(
        {"examples": 640, "steps": 300},
        task="recorded_features",
    ),
    "pu_compression": Case(
        {
            "prior": 0.24,
            "selector_learning_rate": 0.01,
            "temperature": 4.0,
        },
        task="cluttered_pool",
    ),
    "zskt": Case(
        {"noise_size": 32, "filters": (32, 16), "student_steps": 5},
        task="no_images",
        remark=NOISE_SUFFICES_FOR_DIGITS,
    ),
    "zskd": Case(
        {"examples": 640, "steps": 500},
        task="no_images",
        remark=NOISE_SUFFICES,
    ),
}
