"""WHO installed us: one row per Jira site, kept by its client key, with its secret sealed.

Tables: `tenant`, `installation` (by which Atlassian vouches for a site and hands us tokens), `install_token` (tokens of lifecycle calls already used, against replays). Routes: none; the platform package
owns the lifecycle routes and calls `TenantService`.
"""
