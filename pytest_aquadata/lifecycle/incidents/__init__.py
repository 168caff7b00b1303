"""Incidents that a test can make happen to a batch.

Each is a frozen dataclass in its own module. Its first argument `day` is the day on which it
begins: days since the eggs were delivered (that day is 0), or a date. Incidents change the
simulation itself, so their consequences follow: deaths, lost growth, treatments, readings and
journal entries.

```python
Lifecycle.of().until("adult", days=90).with_incident(lice_surge(day=480, rings=3)).build()
```
"""

from .context import ContainerSelection
from .disease_outbreaks import DiseaseOutbreak
from .escapes import Escape
from .feed_shortages import FeedShortage
from .handling_accidents import HandlingAccident
from .incident import Incident
from .lice_surges import LiceSurge
from .oxygen_crashes import OxygenCrash
from .power_failures import PowerFailure
from .sensor_faults import SensorDrifting, SensorSilent, SensorStuck

disease_outbreak = DiseaseOutbreak
escape = Escape
feed_shortage = FeedShortage
handling_accident = HandlingAccident
lice_surge = LiceSurge
oxygen_crash = OxygenCrash
power_failure = PowerFailure
sensor_drifting = SensorDrifting
sensor_silent = SensorSilent
sensor_stuck = SensorStuck

INCIDENT_NAMES = (
    "disease_outbreak",
    "escape",
    "feed_shortage",
    "handling_accident",
    "lice_surge",
    "oxygen_crash",
    "power_failure",
    "sensor_drifting",
    "sensor_silent",
    "sensor_stuck",
)
"""Names of all incidents."""

__all__ = [
    "ContainerSelection",
    "Incident",
    "disease_outbreak",
    "escape",
    "feed_shortage",
    "handling_accident",
    "lice_surge",
    "oxygen_crash",
    "power_failure",
    "sensor_drifting",
    "sensor_silent",
    "sensor_stuck",
]
