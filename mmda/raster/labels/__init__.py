"""Class ids from masks and vectors."""
