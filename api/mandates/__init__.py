"""Mandates, before they are on-chain: what a borrower signs."""
