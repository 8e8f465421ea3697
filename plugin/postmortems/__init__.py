"""WHAT we learn: a blameless look back that writes itself from recorded facts; people add judgement, and it is published.

Tables: `postmortem`, `postmortem_text` (every version of what people wrote), `postmortem_voice`, `action_item`,
`postmortem_edition` (published, never changed), `project_closing`. Routes: the Overview and Post-mortem tabs of a project.
"""
