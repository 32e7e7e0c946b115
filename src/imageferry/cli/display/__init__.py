"""What people and machines are shown: texts, tables, rows that live, and JSON documents."""
