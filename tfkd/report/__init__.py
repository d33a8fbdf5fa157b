"""The report of a pipeline run: one HTML page and a plain-text table.

`results` reads the artifacts, `facts` derives what is said about them,
`plots` and `samples` draw, `page` and `summary` write. Matplotlib, Pillow
and jinja2 are imported when a page is rendered, not before.
"""
