"""Networks that teach themselves, at once or in generations."""
