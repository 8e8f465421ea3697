"""WHAT leaves: Markdown, PDF, a spreadsheet, a page in Confluence, and what a customer may see behind a link that ends.

Tables: `extract`, `said_done`, `confluence_access`, `confluence_page`. Routes: the Share screen of a project, /x/….
"""
