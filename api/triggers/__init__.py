"""Repayments that had to be sent: why, and what became of them."""
