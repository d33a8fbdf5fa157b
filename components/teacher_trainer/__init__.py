"""Trains a teacher, or imports one."""
