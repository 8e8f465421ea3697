"""WHAT it adds up to: CSAT with its interval, and how the asks went. Every number carries n.

Tables: none. Routes: none.
"""
