"""The database: models, sessions, migrations, leases. PostgreSQL only."""
