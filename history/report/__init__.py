"""A folder of pytest-benchmark JSON files as a site of static pages: what people look at in the morning.

One direction: files (`storage`) → nights (`night`) → histories (`histories`) → changes (`changes`) → pages and data (`site`). Nothing in
the pages comes from outside the site, and whatever a file says is shown as text.
"""
