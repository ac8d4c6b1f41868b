"""Transactions built for a wallet to sign: what they do in words, and what they would do now."""
