"""The page: a Flask application that shows a timeline, and its JSON API under `/api/v1`.

It only ever reads. A page is a shell without data (`pages.py`, `web/templates/`); its script asks
the API (`api.py`), which says the same to any other program.
"""
