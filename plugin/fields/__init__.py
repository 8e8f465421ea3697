"""BACK on the issue: what the customer said, as fields that Jira shows, searches and cannot change by hand.

Table: `issue_field` (what was written last). Routes: the Rapport panel of an issue.
"""
