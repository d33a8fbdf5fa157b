"""MethodValidator: what cannot be distilled is told before any training."""
