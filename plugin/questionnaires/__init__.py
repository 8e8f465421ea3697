"""WHAT we ask: a small library of questions written in seven languages, and the versions that checkpoints use.

Tables: `survey`, `questionnaire` (its versions, which never change: a change of wording is a new row). Routes: none yet.
"""
