"""Bad records that a test can put into a batch's history: missing, duplicated, late, mistyped.

```python
Lifecycle.of().with_imperfection(missing(0.02, "health_licecount")).build()
```
"""

from .lifecycle.imperfections import Imperfection, duplicated, late, missing, mistyped

__all__ = ["Imperfection", "duplicated", "late", "missing", "mistyped"]
