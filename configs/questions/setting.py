"""What all questions share: digits, 100 labels, and what is left out."""

from ml_collections import config_dict

from tfkd.configs import common
from tfkd.configs import quickstart


def get_config(question, mode):
    """Returns the quickstart's teacher, student and data, to be asked about.

    Args:
        question: A key of `tfkd.report.questions.QUESTIONS`.
        mode: `"quick"` or `""`.
    """
    config = quickstart.get_config(mode)
    config.pipeline_name = question
    config.title = f"Question: {question}"
    # The sweep's page answers it.
    config.question = question
    # Of data.kind=image_folder; the digits need none of these.
    config.data.path = config_dict.placeholder(str)
    config.data.image_size = config_dict.placeholder(tuple)
    config.data.channels = config_dict.placeholder(int)
    # Three would hardly tell a difference from noise.
    config.distillation.seeds = (0, 1, 2, 3, 4)
    # The float student is asked about, no file of it.
    config.compression.recipes = ("int8_ptq",)
    config.compression.fallback = ""
    config.evaluation.thresholds = common.quality_thresholds()
    config.infra_validation.thresholds = common.infra_thresholds()
    if mode == "quick":
        common.shrink(config, epochs=2)
    return config


def methods(settings):
    """Returns the points of a sweep over methods and their arguments.

    Args:
        settings: Pairs of a method and a dict of its arguments.
    """
    return [
        {"distillation.method": method}
        | {
            f"distillation.arguments.{name}": value
            for name, value in arguments.items()
        }
        for method, arguments in settings
    ]
