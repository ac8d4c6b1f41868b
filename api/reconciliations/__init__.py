"""Comparisons of the mirror with the chain."""
