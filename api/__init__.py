"""The REST API and the web console."""
