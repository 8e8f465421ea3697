"""What a project admin sees of checkpoints, and what a Jira admin sees of rules that ask."""
