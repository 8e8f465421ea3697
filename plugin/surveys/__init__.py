"""WHAT they said: the public page behind a personal link, and the answers, kept as versions that are never changed.

Table: `survey_response`. Routes: /s/<token>.
"""
