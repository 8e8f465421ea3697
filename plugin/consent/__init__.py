"""WHETHER they want to be asked: a person leaves surveys, and comes back, by the link in any of their mails.

Table: none; the wish is kept with the contact. Routes: /s/<token>/unsubscribe.
"""
