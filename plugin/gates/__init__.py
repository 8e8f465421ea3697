"""HOLD a transition until the customer was heard: a condition and a validator for Jira's workflows, and who waived one.

Table: `gate_waiver`. Routes: the configuration pages of the workflow rules.
"""
