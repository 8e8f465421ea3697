"""THE LEDGER: which satisfaction activities were planned, done, what came of each, and where more is needed.

What people plan and do is kept here. What the app does by itself (asks, reminders, answers, cases) is read from the
facts that record it: a second copy could disagree with them after a quarantine or an erasure.

Table: `activity`. Routes: the Plan tab of a project.
"""
