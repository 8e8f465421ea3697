"""WHAT happened before we came: the status changes of a project's last 90 days, read from Jira page by page.

Tables: `history_reading`, `history_issue`, `history_change` (facts, forgotten after a month), `history_pace`.
Routes: none; the screens of setting up show a reading's progress.
"""
