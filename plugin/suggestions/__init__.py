"""WHERE it would be good to ask: checkpoints proposed from a project's own history, and what they would have done.

Table: `suggestion`. Routes: setting up, inside the Checkpoints tab of the project settings.
"""
