"""Transactions that the service sends, with every attempt."""
