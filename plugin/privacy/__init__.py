"""WHO wants to be forgotten: erases one person of a site, and leaves the score that they gave without a name.

Tables: none. Routes: none; the command `rapport erase` calls it.
"""
