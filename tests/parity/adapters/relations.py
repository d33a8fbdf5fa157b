"""Relations between examples of a batch."""

ADAPTERS = {}
