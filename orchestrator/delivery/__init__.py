"""What leaves the service: the order of its events, and who is told of them."""
