"""Keypoints of figures, in images, depths and films."""
