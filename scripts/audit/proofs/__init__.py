"""Proofs: properties of the maths that halmos shows to hold for all arguments."""
