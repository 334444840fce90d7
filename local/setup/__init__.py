"""Installs what the commands need, once. The standard library alone: it runs before anything else is there."""
