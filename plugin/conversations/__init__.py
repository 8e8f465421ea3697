"""WHAT customers told the team by phone or in a meeting: written down by a team member, marked, and in no number of surveys.

Tables: `conversation`. Routes: the part of an issue's panel that shows and records it.
"""
