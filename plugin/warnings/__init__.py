"""WHAT gives cause for concern, before the score says so: each warning with its reason, and later whether it was right.

Table: `warning`. Routes: what the Overview of a project says about them.
"""
