"""A finished database as a test uses it: look-ups, summary, manifest, digests."""
