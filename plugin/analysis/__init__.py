"""READ the numbers of a project over a period: what people say, what changed, and where it differs.

Tables: none. Routes: the Satisfaction page of a project.
"""
