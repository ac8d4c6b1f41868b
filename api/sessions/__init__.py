"""Signing in with a wallet, and out again."""
