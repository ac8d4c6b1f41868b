"""Where changed contracts are tried out: a warm compiler, and copies of the project to run the tests in."""
