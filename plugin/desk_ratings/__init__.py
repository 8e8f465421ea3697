"""WHAT reporters said in the service desk itself: Jira's own rating of a request, kept apart from what surveys say.

Table: `desk_rating`. Routes: none; the Satisfaction page and the panel of an issue show it.
"""
