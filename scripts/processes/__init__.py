"""Entry points of the processes of the service: `python -m scripts.processes.NAME`."""
