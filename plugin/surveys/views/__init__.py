"""The pages of this slice: the public one for customers, and the quarantine for project admins."""
