"""WHAT happened in Jira: status changes that some checkpoint could care about, stored once.

Table: `transition_event`. Routes: none; the platform package verifies and parses events and calls `record`.
"""
