"""The console: pages for people, served as they are."""
