"""The service: it mirrors the chain, watches feeds and sends what the contracts allow. Nobody has to trust it."""
