"""WHOM we did not ask, and why: one skip for each contact, checkpoint and event that led to no invitation.

Table: `invitation_skip`. Routes: none; the Log tab belongs to the invitations.
"""
