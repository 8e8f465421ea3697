"""WHAT is still to be done: work that follows from an event, kept in the same database and the same transaction.

Tables: `job` (one piece of work; its `due_at` is also its lease) and `lane` (one per tenant: fairness, and waiting
when a tenant's Jira says so). Routes: none.
"""
