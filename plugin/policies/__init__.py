"""HOW a site asks: the limits and hours that hold for every checkpoint of every project.

Table: `ask_policy`. Routes: the Asking page of Rapport in Jira's settings.
"""
