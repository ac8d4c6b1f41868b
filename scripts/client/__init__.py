"""Writes what the Python client (`api/client`) takes from the OpenAPI document: models, operations, problems."""
