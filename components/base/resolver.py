"""Resolver: artifacts of earlier runs, as inputs of this one."""

from tfkd.components.base.spec import Channel
from tfkd.components.base.system_node import SystemNode
from tfkd.errors import InputError

LIVE = 2


class LatestArtifactStrategy:
    """The newest artifact of each channel.

    Args:
        desired_num_of_artifacts: How many of each, at most.
    """

    def __init__(self, desired_num_of_artifacts=1):
        self.desired_num_of_artifacts = desired_num_of_artifacts

    def check(self, channels):
        """Raises an `InputError` if the channels are not for this strategy."""
        if not channels:
            raise InputError(
                "A Resolver needs at least one channel, received none. Pass "
                "for example model=Channel(type=Model)."
            )

    def resolve_artifacts(self, input_dict):
        """Chooses among all artifacts that fit the channels.

        Args:
            input_dict: Key to `ArtifactRecord`s in every state, newest first.

        Returns:
            Key to the chosen ones; empty lists where there are none.
        """
        return {
            key: _live(records)[: self.desired_num_of_artifacts]
            for key, records in input_dict.items()
        }


class LatestBlessedModelStrategy:
    """The newest model that every channel of blessings has blessed.

    The channels are `model`, `model_blessing` and, if the file that is pushed
    is meant, `infra_blessing`.
    """

    def check(self, channels):
        """Raises an `InputError` if the channels are not for this strategy."""
        if not {"model", "model_blessing"} <= channels.keys():
            raise InputError(
                "LatestBlessedModelStrategy needs the channels model and "
                f"model_blessing, received {sorted(channels)}."
            )

    def resolve_artifacts(self, input_dict):
        """Chooses among all artifacts that fit the channels.

        Args:
            input_dict: Key to `ArtifactRecord`s in every state, newest first.

        Returns:
            Key to the chosen ones; empty lists where there are none.
        """
        models = input_dict["model"]
        contents = {record.id: _digest(record) for record in models}
        blessings = {
            key: [r for r in _live(records) if _blesses(r)]
            for key, records in input_dict.items()
            if key != "model"
        }
        for model in _live(models):
            given = {
                key: [
                    record
                    for record in records
                    if _digest(model) in _judged(record, contents)
                ][:1]
                for key, records in blessings.items()
            }
            if all(given.values()):
                return {"model": [model], **given}
        return {key: [] for key in input_dict}


class Resolver(SystemNode):
    """Finds artifacts of earlier runs of the same pipeline.

    On the first run there are none: the outputs are empty, and what reads
    them has an empty list of inputs.

    Args:
        strategy_class: `LatestArtifactStrategy` or
            `LatestBlessedModelStrategy`.
        config: The strategy's arguments.
        not_made_of: Channel of this run; what is this artifact, or was made
            of it in an earlier run, is passed over. So the same data have the
            same answer in a run that is repeated: the last student before
            these examples, or the last blessed model but this one.
        **channels: Output key to a `Channel` of the wanted type, perhaps of
            one component's (`producer_component_id`).

    Raises:
        InputError: If the channels are not what the strategy needs.
    """

    def __init__(
        self, *, strategy_class, config=None, not_made_of=None, **channels
    ):
        self.strategy = strategy_class(**(config or {}))
        self.strategy.check(channels)
        self.not_made_of = not_made_of
        for key, channel in channels.items():
            if not isinstance(channel, Channel) or channel.producer:
                raise InputError(
                    f"Resolver.{key} must be a Channel without a producer, "
                    f"received {channel!r}. Write Channel(type=...)."
                )
        self.wanted = channels
        super().__init__(
            inputs={} if not_made_of is None else {"not_made_of": not_made_of},
            outputs=channels,
            parameters={
                "strategy_class": strategy_class.__name__,
                "config": dict(config or {}),
            },
        )


def _live(records):
    return [record for record in records if record.state == LIVE]


def _blesses(record):
    return record.custom_properties.get("blessed") == 1


def _judged(blessing, contents):
    """Returns the content of what a blessing is for.

    By content, since a model that was damaged and made again has another id.
    """
    return {
        contents.get(value)
        for name, value in blessing.custom_properties.items()
        if name.startswith("current_") and name.endswith("_id")
    } - {None}


def _digest(record):
    return record.custom_properties.get("tfkd_digest")
