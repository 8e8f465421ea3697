"""Settings in Jira: how Rapport stands on this site, work that failed, a test mail.

Tables: none yet. Routes: the Rapport page of Jira's settings.
"""
