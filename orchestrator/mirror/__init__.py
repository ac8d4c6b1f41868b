"""The mirror: what the chain says, in PostgreSQL, complete and provable. Nobody else writes chain facts."""
