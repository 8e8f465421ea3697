"""The first schema"""

import sqlalchemy as sa
from alembic import op

from plugin.database import BigId, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "install_token",
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name="pk_install_token"),
    )
    op.create_table(
        "job",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("token", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("asks_jira", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("key", name="uq_job_key"),
    )
    op.create_index(
        "ix_job_ready",
        "job",
        ["tenant_id", "asks_jira", "due_at", "id"],
        postgresql_where=sa.text("state = 'ready'"),
        sqlite_where=sa.text("state = 'ready'"),
    )

    op.create_table(
        "lane",
        sa.Column("tenant_id", BigId, autoincrement=False, nullable=False),
        sa.Column("next_due_at", UtcDateTime(), nullable=True),
        sa.Column("served_at", UtcDateTime(), nullable=False),
        sa.Column("tokens", sa.Float(), server_default="1", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.Column("resting", Json, server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_lane"),
    )
    op.create_index("ix_lane_next_due_at", "lane", ["next_due_at"])

    op.create_table(
        "tenant",
        sa.Column("id", BigId, nullable=False),
        sa.Column("client_key", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("display_url", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("cloud_id", sa.Text(), nullable=True),
        sa.Column("installed_at", UtcDateTime(), nullable=False),
        sa.Column("uninstalled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.UniqueConstraint("client_key", name="uq_tenant_client_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tenant_cloud_id", "tenant", ["cloud_id"])

    op.create_table(
        "worker_pulse",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker_pulse"),
    )
    op.create_table(
        "action_item",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_account_id", sa.Text(), nullable=True),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("target_on", sa.Date(), nullable=False),
        sa.Column("jira_issue_id", sa.Text(), nullable=True),
        sa.Column("jira_issue_key", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_action_item_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_action_item"),
    )
    op.create_index("ix_action_item_jira", "action_item", ["tenant_id", "jira_issue_id"])
    op.create_index("ix_action_item_project", "action_item", ["tenant_id", "project_id"])

    op.create_table(
        "activity",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("more_needed", sa.Boolean(), nullable=False),
        sa.Column("more", sa.Text(), nullable=False),
        sa.Column("repeat_days", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("noted_for", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_activity_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
    )
    op.create_index("ix_activity_project", "activity", ["tenant_id", "project_id", "planned_on"])
    op.create_index(
        "uq_activity_note",
        "activity",
        ["tenant_id", "project_id", "noted_for"],
        unique=True,
        postgresql_where=sa.text("noted_for <> ''"),
        sqlite_where=sa.text("noted_for <> ''"),
    )

    op.create_table(
        "ask_policy",
        sa.Column("tenant_id", BigId, autoincrement=False, nullable=False),
        sa.Column("quiet_days", sa.Integer(), nullable=False),
        sa.Column("asks_per_quarter", sa.Integer(), nullable=False),
        sa.Column("internal_domains", Json, nullable=False),
        sa.Column("storm_cap", sa.Integer(), nullable=False),
        sa.Column("sending_from_hour", sa.Integer(), nullable=False),
        sa.Column("sending_until_hour", sa.Integer(), nullable=False),
        sa.Column("working_days_only", sa.Boolean(), nullable=False),
        sa.Column("oldest_event_days", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_ask_policy_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_ask_policy"),
    )
    op.create_table(
        "confluence_access",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("sealed_token", sa.Text(), nullable=False),
        sa.Column("space_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name="fk_confluence_access_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_confluence_access"),
    )
    op.create_table(
        "confluence_page",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("page_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_confluence_page_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_confluence_page"),
    )
    op.create_table(
        "customer",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_customer_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_customer_tenant_id_name"),
    )
    op.create_table(
        "desk_rating",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("found_at", UtcDateTime(), nullable=True),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=True),
        sa.Column("giving", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_desk_rating_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "issue_id", name="pk_desk_rating"),
    )
    op.create_index("ix_desk_rating_project", "desk_rating", ["tenant_id", "project_id", "found_at"])

    op.create_table(
        "desk_writing",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_desk_writing_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_desk_writing"),
    )
    op.create_table(
        "extract",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_extract_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_extract"),
        sa.UniqueConstraint("tenant_id", "digest", name="uq_extract_tenant_id_digest"),
    )
    op.create_index("ix_extract_project", "extract", ["tenant_id", "project_id"])

    op.create_table(
        "gate_waiver",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waived_by", sa.Text(), nullable=False),
        sa.Column("waived_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_gate_waiver_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "issue_id", name="pk_gate_waiver"),
    )
    op.create_table(
        "history_pace",
        sa.Column("tenant_id", BigId, autoincrement=False, nullable=False),
        sa.Column("paid_until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_history_pace_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_history_pace"),
    )
    op.create_table(
        "history_reading",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("page_token", sa.Text(), nullable=True),
        sa.Column("restarted", sa.Boolean(), nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("issues", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expected_issues", sa.Integer(), nullable=True),
        sa.Column("shortened_issues", sa.Integer(), server_default="0", nullable=False),
        sa.Column("people_fields", Json, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_history_reading_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_history_reading"),
    )
    op.create_index("ix_history_reading_project", "history_reading", ["tenant_id", "project_id", "id"])

    op.create_table(
        "installation",
        sa.Column("installation_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("cloud_id", sa.Text(), nullable=False),
        sa.Column("api_base_url", sa.Text(), nullable=False),
        sa.Column("sealed_token", sa.Text(), server_default="", nullable=False),
        sa.Column("token_expires_at", UtcDateTime(), nullable=True),
        sa.Column("environment_id", sa.Text(), server_default="", nullable=False),
        sa.Column("installed_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_installation_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("installation_id", name="pk_installation"),
    )
    op.create_index("ix_installation_cloud_id", "installation", ["cloud_id"])
    op.create_index("ix_installation_tenant_id", "installation", ["tenant_id"])

    op.create_table(
        "issue_field",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_issue_field_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "issue_id", name="pk_issue_field"),
    )
    op.create_table(
        "postmortem",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("site_facts", Json, nullable=False),
        sa.Column("site_facts_at", UtcDateTime(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_postmortem_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_postmortem"),
    )
    op.create_table(
        "postmortem_edition",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name="fk_postmortem_edition_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_postmortem_edition"),
        sa.UniqueConstraint(
            "tenant_id", "project_id", "number", name="uq_postmortem_edition_tenant_id_project_id_number"
        ),
    )
    op.create_table(
        "postmortem_text",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_postmortem_text_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_postmortem_text"),
        sa.UniqueConstraint(
            "tenant_id",
            "project_id",
            "section",
            "version",
            name="uq_postmortem_text_tenant_id_project_id_section_version",
        ),
    )
    op.create_table(
        "postmortem_voice",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_postmortem_voice_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_postmortem_voice"),
    )
    op.create_index("ix_postmortem_voice_project", "postmortem_voice", ["tenant_id", "project_id", "section"])
    op.create_index(
        "uq_postmortem_voice_agreed",
        "postmortem_voice",
        ["tenant_id", "project_id", "section", "account_id"],
        unique=True,
        postgresql_where=sa.text("text = ''"),
        sqlite_where=sa.text("text = ''"),
    )

    op.create_table(
        "project_closing",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("missing", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_project_closing_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_project_closing"),
    )
    op.create_table(
        "project_field",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_project_field_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_project_field"),
    )
    op.create_table(
        "project_sweep",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("swept_until", UtcDateTime(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=True),
        sa.Column("page_token", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_project_sweep_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_project_sweep"),
    )
    op.create_table(
        "said_done",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_said_done_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_said_done"),
    )
    op.create_index("ix_said_done_project", "said_done", ["tenant_id", "project_id"])

    op.create_table(
        "survey",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_survey_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_survey"),
    )
    op.create_index("ix_survey_project", "survey", ["tenant_id", "project_id"])
    op.create_index(
        "uq_survey_shipped",
        "survey",
        ["tenant_id", "template"],
        unique=True,
        postgresql_where=sa.text("project_id = ''"),
        sqlite_where=sa.text("project_id = ''"),
    )

    op.create_table(
        "transition_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("delivery_key", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("changelog_id", sa.Text(), nullable=False),
        sa.Column("from_status_id", sa.Text(), nullable=False),
        sa.Column("to_status_id", sa.Text(), nullable=False),
        sa.Column("actor_account_id", sa.Text(), nullable=True),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("to_status_name", sa.Text(), server_default="", nullable=False),
        sa.Column("configuration", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_transition_event_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_transition_event"),
        sa.UniqueConstraint("tenant_id", "delivery_key", name="uq_transition_event_tenant_id_delivery_key"),
        sa.UniqueConstraint(
            "tenant_id", "issue_id", "changelog_id", name="uq_transition_event_tenant_id_issue_id_changelog_id"
        ),
    )
    op.create_index("ix_transition_event_project", "transition_event", ["tenant_id", "project_id", "happened_at"])

    op.create_table(
        "warning",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("sign", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_warning_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_warning"),
    )
    op.create_index("ix_warning_project", "warning", ["tenant_id", "project_id", "raised_at"])
    op.create_index(
        "uq_warning_open",
        "warning",
        ["tenant_id", "project_id", "sign", "about"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "workflow",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("issue_types", Json, nullable=False),
        sa.Column("statuses", Json, nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_workflow_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_workflow"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issue_type_ids", Json, nullable=False),
        sa.Column("from_status_ids", Json, nullable=False),
        sa.Column("to_status_id", sa.Text(), nullable=False),
        sa.Column("survey_id", BigId, nullable=False),
        sa.Column("low_score", sa.Integer(), nullable=False),
        sa.Column("expires_after_days", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("audience_roles", Json, nullable=False),
        sa.Column("audience_field", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("every_weeks", sa.Integer(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("starter", sa.Text(), server_default="", nullable=False),
        sa.Column("by_comment", sa.Boolean(), nullable=False),
        sa.Column("low_comment", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("delay_hours", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Text(), nullable=False),
        sa.Column("sample_percent", sa.Integer(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminder_days", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("held_since", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_checkpoint_survey_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_checkpoint_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_checkpoint"),
    )
    op.create_index("ix_checkpoint_project", "checkpoint", ["tenant_id", "project_id", "to_status_id"])
    op.create_index(
        "uq_checkpoint_starter",
        "checkpoint",
        ["tenant_id", "project_id", "starter"],
        unique=True,
        postgresql_where=sa.text("starter <> ''"),
        sqlite_where=sa.text("starter <> ''"),
    )

    op.create_table(
        "contact",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("account_id", sa.Text(), server_default="", nullable=False),
        sa.Column("opted_out_at", UtcDateTime(), nullable=True),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.Column("refusal", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_contact_customer_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_contact_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_address", "contact", ["tenant_id", "address"])
    op.create_index("ix_contact_customer", "contact", ["tenant_id", "customer_id"])

    op.create_table(
        "history_change",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("reading_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("changelog_id", sa.Text(), nullable=False),
        sa.Column("from_status_id", sa.Text(), nullable=False),
        sa.Column("to_status_id", sa.Text(), nullable=False),
        sa.Column("actor_account_id", sa.Text(), nullable=True),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["history_reading.id"], name="fk_history_change_reading_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_history_change_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "reading_id", "issue_id", "changelog_id", name="pk_history_change"),
    )
    op.create_index(
        "ix_history_change_status", "history_change", ["tenant_id", "reading_id", "to_status_id", "happened_at"]
    )

    op.create_table(
        "history_issue",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("reading_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("issue_type_id", sa.Text(), nullable=False),
        sa.Column("people", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["history_reading.id"], name="fk_history_issue_reading_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_history_issue_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "reading_id", "issue_id", name="pk_history_issue"),
    )
    op.create_table(
        "issue_customer",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_issue_customer_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_issue_customer_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "issue_id", name="pk_issue_customer"),
    )
    op.create_table(
        "lesson",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_lesson_customer_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_lesson_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_lesson"),
    )
    op.create_index("ix_lesson_project", "lesson", ["tenant_id", "project_id"])

    op.create_table(
        "project_customer",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_project_customer_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_project_customer_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", "customer_id", name="pk_project_customer"),
    )
    op.create_table(
        "questionnaire",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("survey_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("edit_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_questionnaire_survey_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_questionnaire_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_questionnaire"),
        sa.UniqueConstraint("tenant_id", "survey_id", "version", name="uq_questionnaire_tenant_id_survey_id_version"),
    )
    op.create_table(
        "case_policy",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("issue_type_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("contact_hours", sa.Integer(), nullable=False),
        sa.Column("with_words", sa.Boolean(), nullable=False),
        sa.Column("mail_to", sa.Text(), nullable=False),
        sa.Column("recheck_checkpoint_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["recheck_checkpoint_id"], ["checkpoint.id"], name="fk_case_policy_recheck_checkpoint_id"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_case_policy_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", name="pk_case_policy"),
    )
    op.create_table(
        "consent_change",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("wants_surveys", sa.Boolean(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("by_account_id", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name="fk_consent_change_contact_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_consent_change_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_consent_change"),
    )
    op.create_index("ix_consent_change_contact", "consent_change", ["tenant_id", "contact_id"])

    op.create_table(
        "conversation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("context", Json, nullable=False),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_conversation_contact_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_conversation_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
    )
    op.create_index("ix_conversation_issue", "conversation", ["tenant_id", "issue_id"])
    op.create_index("ix_conversation_project", "conversation", ["tenant_id", "project_id"])

    op.create_table(
        "invitation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("checkpoint_id", BigId, nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("questionnaire_id", BigId, nullable=False),
        sa.Column("in_turn", sa.Text(), server_default="", nullable=False),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("context", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("sealed_token", sa.Text(), server_default="", nullable=False),
        sa.Column("attempted_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reminders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint_id"], ["checkpoint.id"], name="fk_invitation_checkpoint_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_invitation_contact_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_invitation_customer_id"),
        sa.ForeignKeyConstraint(["event_id"], ["transition_event.id"], name="fk_invitation_event_id"),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"], name="fk_invitation_questionnaire_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_invitation_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint(
            "tenant_id", "checkpoint_id", "issue_id", "contact_id", "event_id", name="uq_invitation_ask"
        ),
    )
    op.create_index("ix_invitation_checkpoint", "invitation", ["tenant_id", "checkpoint_id", "created_at"])
    op.create_index("ix_invitation_contact", "invitation", ["tenant_id", "contact_id", "project_id"])
    op.create_index(
        "ix_invitation_counts",
        "invitation",
        [
            "tenant_id",
            "project_id",
            "created_at",
            "checkpoint_id",
            "contact_id",
            "answered_at",
            "expires_at",
            "sent_at",
            "failed_at",
            "begun_at",
        ],
    )
    op.create_index("ix_invitation_event", "invitation", ["tenant_id", "event_id"])
    op.create_index("ix_invitation_issue", "invitation", ["tenant_id", "issue_id"])

    op.create_table(
        "invitation_skip",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("checkpoint_id", BigId, nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("account_id", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("free_on", sa.Date(), nullable=True),
        sa.Column("context", Json, nullable=True),
        sa.Column("skipped_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint_id"], ["checkpoint.id"], name="fk_invitation_skip_checkpoint_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_invitation_skip_contact_id"),
        sa.ForeignKeyConstraint(["event_id"], ["transition_event.id"], name="fk_invitation_skip_event_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_invitation_skip_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation_skip"),
        sa.UniqueConstraint("tenant_id", "checkpoint_id", "event_id", "contact_id", name="uq_invitation_skip_decision"),
    )
    op.create_index("ix_invitation_skip_checkpoint", "invitation_skip", ["tenant_id", "checkpoint_id", "reason"])
    op.create_index("ix_invitation_skip_contact", "invitation_skip", ["tenant_id", "contact_id"])
    op.create_index("ix_invitation_skip_event", "invitation_skip", ["tenant_id", "event_id"])
    op.create_index("ix_invitation_skip_issue", "invitation_skip", ["tenant_id", "issue_id"])
    op.create_index("ix_invitation_skip_project", "invitation_skip", ["tenant_id", "project_id", "skipped_at"])

    op.create_table(
        "lesson_offer",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("lesson_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name="fk_lesson_offer_lesson_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_lesson_offer_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_lesson_offer"),
        sa.UniqueConstraint(
            "tenant_id", "lesson_id", "project_id", name="uq_lesson_offer_tenant_id_lesson_id_project_id"
        ),
    )
    op.create_index("ix_lesson_offer_project", "lesson_offer", ["tenant_id", "project_id"])

    op.create_table(
        "suggestion",
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("checkpoint_id", BigId, nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("issues", sa.Integer(), nullable=False),
        sa.Column("suggested_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"], ["checkpoint.id"], name="fk_suggestion_checkpoint_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_suggestion_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "project_id", "key", name="pk_suggestion"),
    )
    op.create_table(
        "team_view",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("checkpoint_id", BigId, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint_id"], ["checkpoint.id"], name="fk_team_view_checkpoint_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_team_view_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_team_view"),
        sa.UniqueConstraint(
            "tenant_id",
            "project_id",
            "checkpoint_id",
            "account_id",
            name="uq_team_view_tenant_id_project_id_checkpoint_id_account_id",
        ),
    )
    op.create_table(
        "customer_case",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("invitation_id", BigId, nullable=True),
        sa.Column("conversation_id", BigId, nullable=True),
        sa.Column("checkpoint_id", BigId, nullable=True),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("low_score", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("jira_issue_id", sa.Text(), nullable=True),
        sa.Column("jira_issue_key", sa.Text(), nullable=True),
        sa.Column("jira_issue_gone", sa.Boolean(), nullable=False),
        sa.Column("contacted_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("recheck_id", BigId, nullable=True),
        sa.Column("recheck_score", sa.Integer(), nullable=True),
        sa.Column("rechecked_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint_id"], ["checkpoint.id"], name="fk_customer_case_checkpoint_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_customer_case_contact_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_customer_case_conversation_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_customer_case_customer_id"),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_customer_case_invitation_id"),
        sa.ForeignKeyConstraint(["recheck_id"], ["invitation.id"], name="fk_customer_case_recheck_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_customer_case_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_case"),
        sa.UniqueConstraint("tenant_id", "conversation_id", name="uq_customer_case_tenant_id_conversation_id"),
        sa.UniqueConstraint("tenant_id", "invitation_id", name="uq_customer_case_tenant_id_invitation_id"),
    )
    op.create_index("ix_customer_case_issue", "customer_case", ["tenant_id", "issue_id"])
    op.create_index("ix_customer_case_jira", "customer_case", ["tenant_id", "jira_issue_id"])
    op.create_index("ix_customer_case_project", "customer_case", ["tenant_id", "project_id", "opened_at"])

    op.create_table(
        "survey_link",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("invitation_id", BigId, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name="fk_survey_link_invitation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_survey_link_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_survey_link"),
    )
    op.create_index("ix_survey_link_invitation", "survey_link", ["tenant_id", "invitation_id"])

    op.create_table(
        "survey_response",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tenant_id", BigId, nullable=False),
        sa.Column("invitation_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("checkpoint_id", BigId, nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("questionnaire_id", BigId, nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("answers", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("marks", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("proof", sa.Text(), server_default="", nullable=False),
        sa.Column("network", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("held", sa.Text(), server_default="", nullable=False),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("replaced_by", BigId, nullable=True),
        sa.ForeignKeyConstraint(["checkpoint_id"], ["checkpoint.id"], name="fk_survey_response_checkpoint_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_survey_response_contact_id"),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_survey_response_invitation_id"),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"], name="fk_survey_response_questionnaire_id"),
        sa.ForeignKeyConstraint(["replaced_by"], ["survey_response.id"], name="fk_survey_response_replaced_by"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_survey_response_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_survey_response"),
        sa.UniqueConstraint(
            "tenant_id", "invitation_id", "version", name="uq_survey_response_tenant_id_invitation_id_version"
        ),
    )
    op.create_index(
        "ix_survey_response_comments",
        "survey_response",
        ["tenant_id", "project_id", "answered_at"],
        postgresql_where=sa.text("comment <> ''"),
        sqlite_where=sa.text("comment <> ''"),
    )
    op.create_index(
        "ix_survey_response_held",
        "survey_response",
        ["tenant_id", "project_id", "id"],
        postgresql_where=sa.text("held <> ''"),
        sqlite_where=sa.text("held <> ''"),
    )
    op.create_index("ix_survey_response_issue", "survey_response", ["tenant_id", "issue_id"])
    op.create_index(
        "ix_survey_response_marks",
        "survey_response",
        ["tenant_id", "project_id", "counted", "monday", "checkpoint_id", "questionnaire_id", "marks", "answered_at"],
        postgresql_where=sa.text("marks <> ''"),
        sqlite_where=sa.text("marks <> ''"),
    )
    op.create_index(
        "ix_survey_response_people",
        "survey_response",
        ["tenant_id", "project_id", "counted", "contact_id", "answered_at"],
    )
    op.create_index(
        "ix_survey_response_sums",
        "survey_response",
        [
            "tenant_id",
            "project_id",
            "counted",
            "monday",
            "checkpoint_id",
            "questionnaire_id",
            "role",
            "score",
            "answered_at",
        ],
    )
    op.create_index(
        "uq_survey_response_counted",
        "survey_response",
        ["tenant_id", "invitation_id"],
        unique=True,
        postgresql_where=sa.text("counted"),
        sqlite_where=sa.text("counted"),
    )
