"""Which repayments must be sent now: candidates by price and time, the exact rule, and one trigger for each key."""
