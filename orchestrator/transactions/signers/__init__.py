"""Signers: one small protocol in front of whatever keeps the key."""

from orchestrator.transactions.signers.protocol import Signer, SignerError, SignerUnavailable, UnsignedTransaction

__all__ = ["Signer", "SignerError", "SignerUnavailable", "UnsignedTransaction"]
