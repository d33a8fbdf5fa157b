"""Clips: fewer frames, beginnings of actions, streams and captions."""
