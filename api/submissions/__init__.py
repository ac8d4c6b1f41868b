"""Transactions that a wallet signed: passed on to the chain, and followed."""
