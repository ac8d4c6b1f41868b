"""All lines together: totals, how healthy they are, what is due."""
