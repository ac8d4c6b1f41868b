"""Mutation testing: small changes of the contracts, each of which some Solidity test has to notice."""
