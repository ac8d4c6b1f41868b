"""`covenant doctor`: what is wrong with a machine, its settings and what they point at, and what to do about each."""
