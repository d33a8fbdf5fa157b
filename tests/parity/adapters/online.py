"""Peers, branches and exits that teach each other."""

ADAPTERS = {}
