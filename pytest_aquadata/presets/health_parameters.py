"""The nine welfare indicators scored on each fish of a health sampling, and their scores.

Their names are those that AquaMind's migrations give them.
"""

from __future__ import annotations

from dataclasses import dataclass

SCORE_LABELS = ("Good", "Slight", "Clear", "Severe")
"""Labels of the scores, from `MIN_SCORE` (best) to `MAX_SCORE`."""
MIN_SCORE, MAX_SCORE = 0, len(SCORE_LABELS) - 1


@dataclass(frozen=True)
class HealthParameterDefinition:
    """A welfare indicator.

    Attributes:
        name: name in the database.
        description: the sign that is examined.
        scores: appearance of a fish with score 0, 1, 2 and 3.
    """

    name: str
    description: str
    scores: tuple[str, str, str, str]


HEALTH_PARAMETERS = (
    HealthParameterDefinition(
        "Gill Condition",
        "Colour of the gills and damage to their filaments.",
        (
            "Even red filaments without spots or slime.",
            "A few pale tips or thickened filaments on one arch.",
            "Pale patches or shortened filaments on several arches.",
            "Bleeding or dead tissue over much of the gills.",
        ),
    ),
    HealthParameterDefinition(
        "Eye Condition",
        "Clearness of the eyes, bleeding and bulging.",
        (
            "Both eyes clear.",
            "A slight haze or a small cataract in one eye.",
            "Cloudy over half the lens, or bleeding round the eye.",
            "Blind, burst or bulging eye.",
        ),
    ),
    HealthParameterDefinition(
        "Wounds/Lesions",
        "Sores and scale loss on the body.",
        (
            "Skin whole and scales in place.",
            "A little scale loss or one healed scar.",
            "An open wound smaller than a coin.",
            "Large or several open wounds, muscle to be seen.",
        ),
    ),
    HealthParameterDefinition(
        "Fin Condition",
        "Splits, erosion and bleeding of the fins.",
        (
            "Fins whole, rays straight.",
            "Frayed edge on one or two fins.",
            "Up to half a fin worn away, or red fin bases.",
            "More than half a fin gone, or bleeding.",
        ),
    ),
    HealthParameterDefinition(
        "Body Condition",
        "Shape of the fish and how well fleshed it is.",
        (
            "Straight and well fleshed.",
            "Somewhat thin, or a slight bend of the spine.",
            "Thin, or a deformity that shows at a glance.",
            "Emaciated, or a deformity that hinders swimming.",
        ),
    ),
    HealthParameterDefinition(
        "Swimming Behavior",
        "How the fish holds itself and moves in the group.",
        (
            "Swims with the shoal and flees the net.",
            "A little slow, still keeps its place.",
            "Hangs at the surface or against the net.",
            "Lies on its side or turns over.",
        ),
    ),
    HealthParameterDefinition(
        "Appetite",
        "Response to feed and content of the gut.",
        (
            "Rushes to feed; stomach and gut full.",
            "Feeds calmly; gut partly filled.",
            "Takes a pellet now and then; stomach empty.",
            "Does not feed; gut empty and yellow with bile.",
        ),
    ),
    HealthParameterDefinition(
        "Mucous Membrane",
        "Thickness and evenness of the slime on the skin.",
        (
            "Thin, clear and even.",
            "Slightly thick in places.",
            "Grey film over head or back.",
            "Thick and stringy, or gone so that the skin is rough.",
        ),
    ),
    HealthParameterDefinition(
        "Color/Pigmentation",
        "Colour of the skin against what the stage should have.",
        (
            "As it should be for the stage.",
            "Slightly dark, or parr marks still faintly to be seen.",
            "Clearly dark, or reddened belly.",
            "Nearly black, or bleeding over the belly.",
        ),
    ),
)
