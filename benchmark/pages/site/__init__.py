"""The leaderboard as one HTML file that needs no network: `page.page` makes it from boards.

`rows` (the table that is sorted and filtered), `sections` (what is known of each task, backbone and
N), `series` and `heat_map` (boards as numbers for charts), `charts` (how charts look, and the
library that draws them), `samples` (a few of a task's images). The words and tables are those of
the Markdown pages; ``page.js`` shows, hides and sorts what is there.
"""
