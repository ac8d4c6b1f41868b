"""Oracle feeds, their health and their rounds."""
