"""WHAT reporters said in the service desk itself: Jira's own rating of a request, kept apart from what surveys say.

Where a project wants it, the score of an answer becomes the rating of a request that has none.
Tables: `desk_rating`, `desk_writing`. Routes: the switch under Checkpoints in the project settings.
"""
