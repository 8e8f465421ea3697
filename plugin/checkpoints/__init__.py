"""WHEN in the workflow we ask: rules that tie a transition of a project to a survey.

Table: `checkpoint`. Routes: the Checkpoints tab of the project settings.
"""
