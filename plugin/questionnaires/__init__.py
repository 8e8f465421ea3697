"""WHAT we ask: a small library of questions written in seven languages, what a project makes of it, and the versions that
checkpoints use.

Tables: `survey`, `questionnaire` (its versions, which never change: a change of wording is a new row). Routes: the Surveys
tab of the project settings.
"""
