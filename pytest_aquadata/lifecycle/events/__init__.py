"""The events of a batch's life, one module for each kind; see `event` and `registry`.

`areas` and `purchases` are written once for the farm and are not in the registry.
"""
