"""WHAT happened in Jira: status changes that some checkpoint could care about, stored once.

Tables: `transition_event`, `project_sweep` (up to when a project was looked through for changes that nobody told us of).
Routes: none; the platform package verifies and parses events and calls `record`.
"""
