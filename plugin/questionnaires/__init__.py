"""WHAT we ask: a small library of questions written in seven languages, and the versions that checkpoints use.

Table: `questionnaire` (immutable versions: a change of wording is a new row). Routes: none yet.
"""
