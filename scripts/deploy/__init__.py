"""Deployment: what is declared in `deployments/`, planned against a chain, and applied to it."""
