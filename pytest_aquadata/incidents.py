"""Incidents that a test can make happen to a batch.

```python
Lifecycle.of().until("adult", days=90).with_incident(lice_surge(day=480, rings=3)).build()
```
"""

from .lifecycle.incidents import *  # noqa: F403
from .lifecycle.incidents import __all__ as __all__
