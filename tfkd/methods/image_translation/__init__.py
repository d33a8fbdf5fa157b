"""Generators of images: translation, compression and style."""
