"""The rows a build owns, what has changed in them since, and how they are removed."""
