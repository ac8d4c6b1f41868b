"""Credit lines: terms, state, what is owed, how healthy, what comes next."""
