"""WHOM we asked: one invitation, or one skip with its reason, for each contact, checkpoint and event; mails.

Tables: `invitation`, `survey_link` (hashes of the personal links).
Routes: the Log tab of the project settings, what was decided about a contact, asks that a storm holds back.
"""
