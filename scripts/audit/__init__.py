"""The audit of the contracts: every finding of every tool, each one fixed or justified beside the code."""
