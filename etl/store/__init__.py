"""Store: the only SQL; connections, migrations, and the rows of each table."""
