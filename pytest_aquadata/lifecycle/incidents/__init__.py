"""Incidents that strike a batch: what they are called in a test, and what they do to its life.

Each is a frozen dataclass in a module of its own; `day` is the day of the batch's life on which it
begins (the eggs come on day 0), or a date. Effects go into the simulation itself, so consequences
follow: deaths, lost growth, treatments, readings, journal.
"""

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

__all__ = [
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
