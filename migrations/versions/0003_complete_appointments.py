"""Local points, personal spaces, reminders, needs, unconfirmed appointments, the waiting list.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table('taxpayer',
    sa.Column('tax_number', sa.String(length=13), nullable=False),
    sa.Column('access_number', sa.Text(), nullable=False),
    sa.Column('reference_income', sa.Text(), nullable=False),
    sa.Column('civility', sa.String(length=10), nullable=False),
    sa.Column('last_name', sa.String(), nullable=False),
    sa.Column('first_name', sa.String(), nullable=False),
    sa.Column('street_number', sa.String(), nullable=False),
    sa.Column('street_type', sa.String(), nullable=False),
    sa.Column('street_name', sa.String(), nullable=False),
    sa.Column('postal_code', sa.String(length=5), nullable=False),
    sa.Column('commune', sa.String(), nullable=False),
    sa.Column('insee', sa.String(length=5), nullable=False),
    sa.PrimaryKeyConstraint('tax_number', name=op.f('pk_taxpayer'))
    )
    op.create_table('local_point',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('office_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('street', sa.String(), nullable=False),
    sa.Column('postal_code', sa.String(length=5), nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('access', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['office_id'], ['office.id'], name=op.f('fk_local_point_office_id_office')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_local_point')),
    sa.UniqueConstraint('code', name=op.f('uq_local_point_code'))
    )
    with op.batch_alter_table('local_point', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_local_point_office_id'), ['office_id'], unique=False)

    op.create_table('waiting_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('office_id', sa.Integer(), nullable=False),
    sa.Column('topic_id', sa.String(length=80), nullable=False),
    sa.Column('channel', sa.Integer(), nullable=False),
    sa.Column('place_id', sa.Integer(), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('weekdays', sa.Integer(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('email_key', sa.String(length=64), nullable=False),
    sa.Column('visitor_key', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['office_id'], ['office.id'], name=op.f('fk_waiting_entry_office_id_office')),
    sa.ForeignKeyConstraint(['place_id'], ['local_point.id'], name=op.f('fk_waiting_entry_place_id_local_point')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiting_entry')),
    sa.UniqueConstraint('public_id', name=op.f('uq_waiting_entry_public_id'))
    )
    with op.batch_alter_table('waiting_entry', schema=None) as batch_op:
        batch_op.create_index('ix_waiting_entry_waiting', ['office_id', 'id'], unique=False, sqlite_where=sa.text("status = 'waiting'"), postgresql_where=sa.text("status = 'waiting'"))
        batch_op.create_index('uq_waiting_entry_waiting_once', ['email_key', 'office_id', 'topic_id'], unique=True, sqlite_where=sa.text("status = 'waiting'"), postgresql_where=sa.text("status = 'waiting'"))

    op.create_table('waiting_offer',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('email_key', sa.String(length=64), nullable=False),
    sa.Column('office_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entry_id'], ['waiting_entry.id'], name=op.f('fk_waiting_offer_entry_id_waiting_entry')),
    sa.ForeignKeyConstraint(['office_id'], ['office.id'], name=op.f('fk_waiting_offer_office_id_office')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiting_offer'))
    )
    with op.batch_alter_table('waiting_offer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_waiting_offer_entry_id'), ['entry_id'], unique=False)
        batch_op.create_index('ix_waiting_offer_live', ['expires_at'], unique=False, sqlite_where=sa.text("outcome = 'live'"), postgresql_where=sa.text("outcome = 'live'"))
        batch_op.create_index('uq_waiting_offer_entry_live', ['entry_id'], unique=True, sqlite_where=sa.text("outcome = 'live'"), postgresql_where=sa.text("outcome = 'live'"))
        batch_op.create_index('uq_waiting_offer_once', ['email_key', 'office_id', 'starts_at'], unique=True)

    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tax_number', sa.String(length=13), nullable=True))
        batch_op.add_column(sa.Column('insee', sa.String(length=5), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('civility', sa.String(length=10), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('needs', sa.Integer(), nullable=False, server_default='0'))
        batch_op.create_unique_constraint(batch_op.f('uq_account_tax_number'), ['tax_number'])

    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('place_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('needs', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('other_last_name', sa.String(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('other_first_name', sa.String(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('account_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('remind_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('confirm_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('anonymised_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('email_key', sa.String(length=254), nullable=False, server_default=''))
        batch_op.drop_index(batch_op.f('ix_appointment_email'))
        batch_op.create_index(batch_op.f('ix_appointment_email_key'), ['email_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointment_account_id'), ['account_id'], unique=False)
        batch_op.create_index('ix_appointment_confirm_until', ['confirm_until'], unique=False, sqlite_where=sa.text('confirm_until IS NOT NULL'), postgresql_where=sa.text('confirm_until IS NOT NULL'))
        batch_op.create_index('ix_appointment_remind_at', ['remind_at'], unique=False, sqlite_where=sa.text('remind_at IS NOT NULL'), postgresql_where=sa.text('remind_at IS NOT NULL'))
        batch_op.create_foreign_key(batch_op.f('fk_appointment_account_id_account'), 'account', ['account_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_appointment_place_id_local_point'), 'local_point', ['place_id'], ['id'])

    op.execute("UPDATE appointment SET email_key = lower(email)")

    with op.batch_alter_table('captcha_challenge', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=8), nullable=False, server_default='text'))

    with op.batch_alter_table('opening_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('place_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_opening_session_place_id_local_point'), 'local_point', ['place_id'], ['id'])

    with op.batch_alter_table('slot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('place_id', sa.Integer(), nullable=True))
        batch_op.drop_index(batch_op.f('ix_slot_not_booked'), sqlite_where=sa.text('appointment_id IS NULL'))
        batch_op.create_index('ix_slot_not_booked', ['office_id', 'starts_at', 'channels', 'place_id', 'held_until', 'agent_id', 'appointment_id'], unique=False, sqlite_where=sa.text('appointment_id IS NULL'), postgresql_where=sa.text('appointment_id IS NULL'))
        batch_op.create_foreign_key(batch_op.f('fk_slot_place_id_local_point'), 'local_point', ['place_id'], ['id'])

    # Rows that exist already took the default; the code gives every value itself.
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.alter_column('insee', server_default=None)
        batch_op.alter_column('civility', server_default=None)
        batch_op.alter_column('needs', server_default=None)
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.alter_column('needs', server_default=None)
        batch_op.alter_column('other_last_name', server_default=None)
        batch_op.alter_column('other_first_name', server_default=None)
        batch_op.alter_column('email_key', server_default=None)
    with op.batch_alter_table('captcha_challenge', schema=None) as batch_op:
        batch_op.alter_column('kind', server_default=None)


def downgrade() -> None:
    """Take the tables back to the revision before."""
    with op.batch_alter_table('slot', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_slot_place_id_local_point'), type_='foreignkey')
        batch_op.drop_index('ix_slot_not_booked', sqlite_where=sa.text('appointment_id IS NULL'), postgresql_where=sa.text('appointment_id IS NULL'))
        batch_op.create_index(batch_op.f('ix_slot_not_booked'), ['office_id', 'starts_at', 'channels', 'held_until', 'agent_id', 'appointment_id'], unique=False, sqlite_where=sa.text('appointment_id IS NULL'), postgresql_where=sa.text('appointment_id IS NULL'))
        batch_op.drop_column('place_id')

    with op.batch_alter_table('opening_session', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_opening_session_place_id_local_point'), type_='foreignkey')
        batch_op.drop_column('place_id')

    with op.batch_alter_table('captcha_challenge', schema=None) as batch_op:
        batch_op.drop_column('kind')

    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_appointment_place_id_local_point'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_appointment_account_id_account'), type_='foreignkey')
        batch_op.drop_index('ix_appointment_remind_at', sqlite_where=sa.text('remind_at IS NOT NULL'), postgresql_where=sa.text('remind_at IS NOT NULL'))
        batch_op.drop_index('ix_appointment_confirm_until', sqlite_where=sa.text('confirm_until IS NOT NULL'), postgresql_where=sa.text('confirm_until IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_appointment_account_id'))
        batch_op.drop_index(batch_op.f('ix_appointment_email_key'))
        batch_op.create_index(batch_op.f('ix_appointment_email'), ['email'], unique=False)
        batch_op.drop_column('email_key')
        batch_op.drop_column('anonymised_at')
        batch_op.drop_column('confirm_until')
        batch_op.drop_column('remind_at')
        batch_op.drop_column('account_id')
        batch_op.drop_column('other_first_name')
        batch_op.drop_column('other_last_name')
        batch_op.drop_column('needs')
        batch_op.drop_column('place_id')

    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_account_tax_number'), type_='unique')
        batch_op.drop_column('needs')
        batch_op.drop_column('civility')
        batch_op.drop_column('insee')
        batch_op.drop_column('tax_number')

    with op.batch_alter_table('waiting_offer', schema=None) as batch_op:
        batch_op.drop_index('uq_waiting_offer_once')
        batch_op.drop_index('uq_waiting_offer_entry_live', sqlite_where=sa.text("outcome = 'live'"), postgresql_where=sa.text("outcome = 'live'"))
        batch_op.drop_index('ix_waiting_offer_live', sqlite_where=sa.text("outcome = 'live'"), postgresql_where=sa.text("outcome = 'live'"))
        batch_op.drop_index(batch_op.f('ix_waiting_offer_entry_id'))

    op.drop_table('waiting_offer')
    with op.batch_alter_table('waiting_entry', schema=None) as batch_op:
        batch_op.drop_index('uq_waiting_entry_waiting_once', sqlite_where=sa.text("status = 'waiting'"), postgresql_where=sa.text("status = 'waiting'"))
        batch_op.drop_index('ix_waiting_entry_waiting', sqlite_where=sa.text("status = 'waiting'"), postgresql_where=sa.text("status = 'waiting'"))

    op.drop_table('waiting_entry')
    with op.batch_alter_table('local_point', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_local_point_office_id'))

    op.drop_table('local_point')
    op.drop_table('taxpayer')
