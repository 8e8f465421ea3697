"""Settings in Jira: how Rapport stands on this site, and work that failed.

Tables: none yet. Routes: the Rapport page of Jira's settings.
"""
