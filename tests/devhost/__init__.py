"""A local stand-in for Jira Cloud, for the demo and the browser tests; the app never imports it."""
