"""THE TEAM: how satisfied its members think the customer is, asked before they look at what customers said.

Table: `team_view`. Routes: none; the Satisfaction page asks.
"""
