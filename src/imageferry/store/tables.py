"""Every table of the database.

What is large (change sets, templates) stands in rows of its own, which are written once, and
whatever changes often is small. The journal and the events only grow, by one row a commit: it then
touches the last page of each, not one page for every step in it. Resources, the journal and the
events have one whole number as their key, whose upper half is the number of the stack or operation
and whose lower half is the place among its rows: there is no second tree to write for an index.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData()

PLACES: Final = 1 << 32
"""How many rows one stack or operation may have in a table whose key joins the two."""


def first_key(number: int) -> int:
    """The key below all those of the rows of a stack or operation; place 0 stays empty."""
    return number * PLACES


def last_key(number: int) -> int:
    """The key that no row of a stack or operation is above."""
    return number * PLACES + PLACES - 1


# SQLite counts rows by itself only in a column that is called INTEGER.
_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")

SCHEMA_VERSIONS: Final = Table(
    "schema_version",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

# One row a fact: the installation's id, and which key its secrets are encrypted with.
INSTALLATION: Final = Table(
    "installation",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

STACKS: Final = Table(
    "stacks",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("stack_id", Text, nullable=False, unique=True),
    Column("cloud", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_reason", Text, nullable=False),
    Column("operation_id", Text),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
)

STACK_BODIES: Final = Table(
    "stack_bodies",
    METADATA,
    Column("stack_number", _NUMBER, ForeignKey(STACKS.c.number), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("template", LargeBinary, nullable=False),
)

RESOURCES: Final = Table(
    "resources",
    METADATA,
    Column("key", _NUMBER, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False),
    Column("body", Text, nullable=False),
)

CHANGE_SETS: Final = Table(
    "change_sets",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("change_set_id", Text, nullable=False, unique=True),
    Column("stack_id", Text, nullable=False, index=True),
    Column("created_at", Double, nullable=False),
    # True once an operation was opened on the stack: what was planned before it is out of date.
    Column("spent", Boolean, nullable=False),
    Column("secret_ids", Text, nullable=False),
)

CHANGE_SET_BODIES: Final = Table(
    "change_set_bodies",
    METADATA,
    Column(
        "change_set_number",
        _NUMBER,
        ForeignKey(CHANGE_SETS.c.number, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("body", LargeBinary, nullable=False),
    Column("template", LargeBinary, nullable=False),
)

OPERATIONS: Final = Table(
    "operations",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("operation_id", Text, nullable=False, unique=True),
    Column("stack_id", Text, ForeignKey(STACKS.c.stack_id), nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("entries_since_record", Integer, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("client_token", Text),
    Column("change_set_id", Text, nullable=False),
    Column("rollback_id", Text),
    Column("reason", Text, nullable=False),
    Column("ended_at", Double),
    Column("body", Text, nullable=False),
)

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("key", _NUMBER, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

PROGRESS: Final = Table(
    "progress",
    METADATA,
    Column("operation_number", _NUMBER, ForeignKey(OPERATIONS.c.number), primary_key=True),
    Column("written_at", Double, nullable=False),
    Column("body", Text, nullable=False),
)

# The place in the key is the sequence number of the first of `count` events.
EVENTS: Final = Table(
    "events",
    METADATA,
    Column("key", _NUMBER, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("operation_number", _NUMBER),
    Column("body", Text, nullable=False),
)

SECRETS: Final = Table(
    "secrets",
    METADATA,
    Column("stack_id", Text, primary_key=True),
    Column("secret_id", Text, primary_key=True),
    Column("ciphertext", LargeBinary, nullable=False),
)

# What has been learned about how fast the cloud may be asked, and what is left of it: one row a key,
# shared by every process.
PACES: Final = Table(
    "paces",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
)

# What only callers of the APIs keep with us; the body is encrypted. The newest come first.
DOCUMENTS: Final = Table(
    "documents",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("parent", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("kind", "account_id", "document_id"),
)

# The secret is encrypted, and needed in clear to verify signatures.
ACCESS_KEYS: Final = Table(
    "access_keys",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
    Column("secret", LargeBinary, nullable=False),
)

# A mark stands for one signed request: who sends it again finds the row.
AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("mark", Text, nullable=False, unique=True),
    Column("at", Double, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("api", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("outcome", Text, nullable=False),
)

# In SQL, which SQLite and PostgreSQL read alike: as Index(..., postgresql_where=...) they would
# load the whole of that dialect into every process.
INDEXES: Final = (
    "CREATE UNIQUE INDEX one_living_stack_a_name ON stacks (cloud, account_id, region, name) "
    "WHERE status <> 'DELETED'",
    "CREATE UNIQUE INDEX one_open_operation_a_stack ON operations (stack_id) "
    "WHERE status IN ('RUNNING', 'PARKED')",
    "CREATE INDEX open_operations ON operations (number) WHERE status IN ('RUNNING', 'PARKED')",
    "CREATE INDEX operations_by_client_token ON operations (client_token) "
    "WHERE client_token IS NOT NULL",
    "CREATE INDEX stacks_by_age ON stacks (cloud, account_id, created_at, number)",
    "CREATE UNIQUE INDEX one_document_a_name ON documents (kind, account_id, parent, name) "
    "WHERE name <> ''",
    "CREATE INDEX documents_by_age ON documents (kind, account_id, parent, created_at, number)",
    "CREATE INDEX documents_by_change ON documents (kind, updated_at)",
    "CREATE INDEX audit_by_account ON audit (account_id, number)",
)
