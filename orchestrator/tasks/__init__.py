"""Celery: work that may run twice. It never signs, and nothing is scheduled for a time (pitfall 33)."""
