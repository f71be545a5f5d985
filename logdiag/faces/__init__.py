"""What people and programs see: the command line, and the report as text and as JSON.

A report is one document (`document.py`, described by `report.schema.json`); what people read
(`text.py`) and the exit code are functions of that document alone.
"""
