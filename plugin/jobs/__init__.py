"""WHAT is still to be done: work that follows from an event, kept in the same database and the same transaction.

Tables: `job` (one piece of work; its `due_at` is also its lease), `lane` (one per tenant: fairness, waiting when a
tenant's Jira says so) and `worker_pulse` (whether any worker lives). Routes: none.
"""
