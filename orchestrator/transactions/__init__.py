"""Sending transactions, each once: intents, attempts, one nonce lane per signer, confirmations up to finality."""
