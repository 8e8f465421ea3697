"""WHAT we learn: the look back at a project, from what was recorded on the way.

Tables: none yet. Routes: the Post-mortem page of a project.
"""
