"""Measurements, each a program: what it prints was measured in that very run."""
