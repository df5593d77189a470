"""By what something is known everywhere on the site: a framework by its colour, a case by the name of its file."""
