"""Price and fact feeds: reading, judging, aggregating, reporting, replaying."""
