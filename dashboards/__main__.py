"""Writes the dashboards into the chart."""

from dashboards.files import texts

for path, text in texts().items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
