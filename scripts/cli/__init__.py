"""The `covenant` command: `app` holds the rules, every other module here is one noun."""
