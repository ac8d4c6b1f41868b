"""Chainlink's feeds: what they promise, read from Chainlink's own directory file."""
