"""Rapport: customer satisfaction in the middle of the work, for Jira. README.md maps the folders."""
