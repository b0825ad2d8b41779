"""How the documentation is built: MyST pages, the reference from the docstrings."""

project = "ticketcore"
author = "ticketcore contributors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
# attrs draws the signatures; the private modules behind a room are shown under the room's own name.
python_use_unqualified_type_names = True
# Two rooms each have a Priority (a room's value, a term of an order): where a signature says only the short name, Sphinx asks which.
suppress_warnings = ["ref.python"]
