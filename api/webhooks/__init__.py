"""Endpoints of programs that events are sent to."""
