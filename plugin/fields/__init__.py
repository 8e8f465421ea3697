"""BACK on the issue and the project: what the customer said, as fields that Jira shows, searches and cannot change by hand.

Tables: `issue_field` and `project_field` (what was written last). Routes: the Rapport panel of an issue.
"""
