"""WHOM we asked, and why not: one invitation or one skip for each contact, checkpoint and event; delivery by mail.

Tables: `invitation`, `invitation_skip`, `survey_link` (hashes of the personal links).
Routes: the Log tab of the project settings.
"""
