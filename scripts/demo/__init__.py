"""`covenant demo`: the life of one credit line on real parts, told step by step and checked at every step."""
