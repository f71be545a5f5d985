"""What the API answers: a function of a `Context` and parameters each, which returns plain JSON.

Flask is not known here, so that a report can hold the same answers.
"""
