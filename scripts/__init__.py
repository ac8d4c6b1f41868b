"""Where things are put together: command line, processes, local stack, deployment, audit, demo."""
