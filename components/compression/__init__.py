"""The component `Compression`: recipes that make a student smaller."""
