"""WHOM we may ask: organisations and their people, and which of them an issue is for.

Tables: `customer`, `project_customer`, `issue_customer`, `contact`.
Routes: the Customers tab of the project settings; the customer of an issue in its panel.
"""
