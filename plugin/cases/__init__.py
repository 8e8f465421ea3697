"""CLOSED LOOP: a low answer becomes a case, the case a Jira issue, and afterwards the customer is asked whether it helped.

Tables: `customer_case`, `case_policy`. Routes: the Cases tab of a project.
"""
