"""Markets: what is lent, what secures it, and what their oracles say."""
