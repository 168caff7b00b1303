"""Reference data, the same on every farm: parameters, grades, mortality reasons, lice types.

The primary key of a row is its position in its tuple, counted from 1. The simulation looks up
parameters, grades and mortality reasons by name, so these names are fixed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ParameterDefinition:
    """An environmental parameter and the sensor that measures it.

    Attributes:
        key: name in the farm file and in the simulation.
        name: name in the database.
        unit: unit of its values.
        sensor_type: AquaMind's type of the sensor.
        suffix: end of the sensors' names.
        minimum: lowest acceptable value.
        maximum: highest acceptable value.
        best_from: lower end of the optimal range.
        best_to: upper end of the optimal range.
        description: text in the database.
    """

    key: str
    name: str
    unit: str
    sensor_type: str
    suffix: str
    minimum: float
    maximum: float
    best_from: float
    best_to: float
    description: str


@dataclass(frozen=True)
class GradeDefinition:
    """A product grade of harvested fish."""

    code: str
    name: str
    description: str


@dataclass(frozen=True)
class LookupDefinition:
    """A row of a look-up table: a name and its description."""

    name: str
    description: str


@dataclass(frozen=True)
class VaccineDefinition:
    """A vaccine for injection."""

    name: str
    manufacturer: str
    dosage: str
    description: str


@dataclass(frozen=True)
class LiceTypeDefinition:
    """A category of sea lice in counts: species, sex and development stage."""

    species: str
    gender: str
    development_stage: str
    description: str


# Limits: Mattilsynet for fresh water (pH, CO2, NO2, total ammonia); sea water is near pH 8.
# The limits of oxygen, nitrate and salinity, and the narrower best ranges, are conventions [U].
PARAMETERS = (
    ParameterDefinition(
        "temperature",
        "temperature",
        "°C",
        "TEMPERATURE",
        "TEMP",
        0.0,
        20.0,
        8.0,
        14.0,
        "Water temperature; the growth model reads it day by day.",
    ),
    ParameterDefinition(
        "oxygen",
        "dissolved oxygen",
        "mg/L",
        "OXYGEN",
        "DO",
        6.0,
        15.0,
        7.0,
        12.0,
        "Oxygen in solution; falls after meals, at night and in warm, slack water.",
    ),
    ParameterDefinition(
        "ph",
        "pH",
        "pH",
        "PH",
        "PH",
        6.2,
        8.5,
        6.5,
        8.2,
        "Acidity: 6.2 to 7.8 in fresh water, about 8 at sea.",
    ),
    ParameterDefinition(
        "co2",
        "CO2",
        "mg/L",
        "CO2",
        "CO2",
        0.0,
        15.0,
        0.0,
        10.0,
        "Free carbon dioxide; rises with biomass and feed where water is reused.",
    ),
    ParameterDefinition(
        "no2",
        "NO2",
        "mg/L",
        "OTHER",
        "NO2",
        0.0,
        0.1,
        0.0,
        0.05,
        "Nitrite; a high value means the biofilter is out of balance.",
    ),
    ParameterDefinition(
        "no3",
        "NO3",
        "mg/L",
        "OTHER",
        "NO3",
        0.0,
        100.0,
        0.0,
        50.0,
        "Nitrate, what the biofilter leaves; kept down by new water.",
    ),
    ParameterDefinition(
        "nh4",
        "NH4",
        "mg/L",
        "OTHER",
        "NH4",
        0.0,
        2.0,
        0.0,
        0.5,
        "Total ammonia nitrogen; its share of toxic ammonia grows with pH and temperature.",
    ),
    ParameterDefinition(
        "salinity",
        "salinity",
        "PSU",
        "SALINITY",
        "SAL",
        0.0,
        36.0,
        28.0,
        35.2,
        "Salt content of sea water; dips when rivers run high.",
    ),
)

GRADES = (
    GradeDefinition(
        "SUPERIOR", "Superior", "Well shaped and without blemish; the bulk of a good harvest."
    ),
    GradeDefinition(
        "GRADE_A", "Grade A", "Ordinary quality with slight faults of scale, colour or shape."
    ),
    GradeDefinition(
        "GRADE_B", "Grade B", "Visible faults such as healed wounds; fit for filleting."
    ),
    GradeDefinition(
        "GRADE_C", "Grade C", "Production fish with wounds or deformities, trimmed before sale."
    ),
    GradeDefinition("REJECT", "Reject", "Not for human consumption; goes to ensilage."),
)

MORTALITY_REASONS = (
    LookupDefinition("Infectious disease", "Signs of a viral, bacterial or parasitic infection."),
    LookupDefinition(
        "Trauma from handling", "Scale loss or wounds after pumping, grading or delousing."
    ),
    LookupDefinition("Wounds from predators", "Bites or claw marks of seals, otters or birds."),
    LookupDefinition("Unknown", "Cause not found, or the fish too decayed to tell."),
    LookupDefinition(
        "Physiological disorder", "Failure without infection, such as a weak heart or runting."
    ),
    LookupDefinition(
        "Poor water quality", "Low oxygen, high carbon dioxide or ammonia, sudden temperature."
    ),
    LookupDefinition(
        "Deformity", "Malformed spine, jaw or gill cover that the fish cannot live with."
    ),
    LookupDefinition(
        "Counting difference at harvest", "Fish on the book that were not there to be slaughtered."
    ),
    LookupDefinition(
        "Dead eggs and yolk-sac fry", "White eggs and alevins picked before first feeding."
    ),
    LookupDefinition(
        "Failure to start feeding", "Fry that used up their yolk and never took feed."
    ),
    LookupDefinition(
        "Failed smoltification", "Fish that could not keep their salt balance after transfer."
    ),
    LookupDefinition("Gill disease", "Gills thickened, bleeding or covered by amoebae."),
    LookupDefinition("Winter ulcer", "Open sores that spread in cold water."),
    LookupDefinition(
        "Algae or jellyfish", "Gills damaged by a bloom or a swarm drifting through the rings."
    ),
)

SAMPLE_TYPES = (
    LookupDefinition("Blood", "Drawn from the tail vein for chemistry and antibodies."),
    LookupDefinition("Tissue", "Heart, liver, spleen and muscle fixed for histology."),
    LookupDefinition("Gill", "A gill arch for PCR and for scoring under the microscope."),
    LookupDefinition("Kidney", "Head kidney streaked on agar or kept for PCR."),
    LookupDefinition("Faecal", "Gut content stripped to look for parasites and digestion."),
)

VACCINES = (
    VaccineDefinition(
        "Salvac Multi 6",
        "Nordvax Animal Health",
        "0.05 ml into the body cavity",
        "Oil-based, against furunculosis, vibriosis, cold-water vibriosis, winter ulcer and IPN.",
    ),
    VaccineDefinition(
        "Salvac PD",
        "Nordvax Animal Health",
        "0.05 ml into the body cavity",
        "Against pancreas disease, given together with a multivalent vaccine.",
    ),
    VaccineDefinition(
        "Yersivac Dip",
        "Atlantic Biologics",
        "1 in 10 dilution, 60 seconds",
        "Bath for fry against enteric redmouth, before the injected vaccines.",
    ),
    VaccineDefinition(
        "Moriguard Micro",
        "Atlantic Biologics",
        "0.025 ml into the body cavity",
        "Low-dose booster against winter ulcer for sites with cold water.",
    ),
)

_SALMON_LOUSE = "Lepeophtheirus salmonis"
_SEA_LOUSE = "Caligus elongatus"
_SALMON_LOUSE_STAGES = (
    ("copepodid", "infective larva, just settled"),
    ("chalimus", "attached to skin or fins by a thread"),
    ("pre-adult", "moves over the fish, not yet mature"),
)
_UNIDENTIFIED = "species not told apart"

LICE_TYPES = (
    *(
        LiceTypeDefinition(_SALMON_LOUSE, sex, stage, f"Salmon louse, {sex}: {text}.")
        for sex, adult in (
            ("female", "mature, with or without egg strings; the one triggers are set on"),
            ("male", "mature, smaller than the female"),
        )
        for stage, text in (*_SALMON_LOUSE_STAGES, ("adult", adult))
    ),
    *(
        LiceTypeDefinition(_SEA_LOUSE, sex, stage, f"Caligus, {sex}: {text}.")
        for sex in ("female", "male")
        for stage, text in (
            ("juvenile", "all stages before maturity counted together"),
            ("adult", "mature, moves freely between fish"),
        )
    ),
    LiceTypeDefinition("Unknown", "unknown", "juvenile", f"Young louse, {_UNIDENTIFIED}."),
    LiceTypeDefinition("Unknown", "female", "adult", f"Adult female louse, {_UNIDENTIFIED}."),
    LiceTypeDefinition("Unknown", "male", "adult", f"Adult male louse, {_UNIDENTIFIED}."),
)

CONTENT_TYPES = (("batch", "batchtransferworkflow"), ("harvest", "harvestevent"))
"""Models that an intercompany transaction can refer to: Django's app label and model name."""
