"""Signed offers: what lenders are ready to lend, and whether it can still be taken."""
