"""Finished datasets kept between sessions, as files or as databases on a server."""
