"""The service: it mirrors the chain, watches feeds and sends what the contracts allow. It is never trusted with money."""
