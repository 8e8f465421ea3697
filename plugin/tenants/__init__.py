"""WHO installed us: one row per Jira site, kept by its client key, with its secret sealed.

Tables: `tenant`, `install_token` (tokens already used to install, against replays). Routes: none; the platform package
owns the lifecycle routes and calls `TenantService`.
"""
