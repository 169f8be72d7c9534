"""Mails given up because the mail server refused their address for good.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address_refused", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.alter_column("address_refused", server_default=None)


def downgrade() -> None:
    """Take the tables back to the revision before."""
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.drop_column("address_refused")
