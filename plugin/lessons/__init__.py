"""WHAT the next project can use: lessons, offered into the plans of other projects, taken or declined with a reason.

Tables: `lesson`, `lesson_offer`. Routes: the Lessons tab of a project.
"""
