"""Whether anything new is sent, and what keeps it from being sent."""
