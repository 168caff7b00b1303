"""AquaMind's tables as SQLAlchemy models: names, types, keys and checks of version 6.1.

Rules that AquaMind enforces in Django, not in its database, are kept with the columns: defaults as
defaults, the rest in `info`. There, `choices` is a tuple of the allowed values, `minimum` and
`maximum` are inclusive bounds (Decimal), and `stamp` is True if Django fills the column from the
clock. Such a column has no default here: its value must be given.
"""

from collections.abc import Mapping

from sqlalchemy import Table

from .base import Base
from .batch import (
    ActualDailyAssignmentState,
    Batch,
    BatchComposition,
    BatchContainerAssignment,
    GrowthSample,
    IndividualGrowthObservation,
    LifeCycleStage,
    MortalityEvent,
    Species,
)
from .batch_workflows import (
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    CreationAction,
    TransferAction,
)
from .broodstock import EggProduction, EggSupplier
from .environmental import (
    EnvironmentalParameter,
    EnvironmentalReading,
    PhotoperiodData,
    StageTransitionEnvironmental,
    WeatherData,
)
from .finance import (
    DimCompany,
    DimSite,
    FactHarvest,
    IntercompanyPolicy,
    IntercompanyTransaction,
    NavExportBatch,
    NavExportLine,
)
from .harvest import HarvestEvent, HarvestLot, HarvestWaste, ProductGrade
from .health import (
    FishParameterScore,
    HealthLabSample,
    HealthSamplingEvent,
    IndividualFishObservation,
    JournalEntry,
    LiceCount,
    MortalityRecord,
    Treatment,
)
from .health_master import (
    HealthParameter,
    LiceType,
    MortalityReason,
    ParameterScoreDefinition,
    SampleType,
    VaccinationType,
)
from .infrastructure import (
    Area,
    Container,
    ContainerType,
    FeedContainer,
    FreshwaterStation,
    Geography,
    Hall,
    Sensor,
)
from .inventory import (
    BatchFeedingSummary,
    ContainerFeedingSummary,
    Feed,
    FeedContainerStock,
    FeedingEvent,
    FeedPurchase,
)
from .scenario import (
    BiologicalConstraints,
    FCRModel,
    FCRModelStage,
    FCRModelStageOverride,
    MortalityModel,
    MortalityModelStage,
    Scenario,
    ScenarioModelChange,
    ScenarioProjection,
    StageConstraint,
    TemperatureProfile,
    TemperatureReading,
    TGCModel,
    TGCModelStage,
)
from .users import ContentType, User, UserProfile
from .value_limits import name_columns

TABLES: Mapping[str, Table] = Base.metadata.tables
"""All tables by name."""
name_columns(TABLES.values())

__all__ = [
    "TABLES",
    "ActualDailyAssignmentState",
    "Area",
    "Base",
    "Batch",
    "BatchComposition",
    "BatchContainerAssignment",
    "BatchCreationWorkflow",
    "BatchFeedingSummary",
    "BatchTransferWorkflow",
    "BiologicalConstraints",
    "Container",
    "ContainerFeedingSummary",
    "ContainerType",
    "ContentType",
    "CreationAction",
    "DimCompany",
    "DimSite",
    "EggProduction",
    "EggSupplier",
    "EnvironmentalParameter",
    "EnvironmentalReading",
    "FCRModel",
    "FCRModelStage",
    "FCRModelStageOverride",
    "FactHarvest",
    "Feed",
    "FeedContainer",
    "FeedContainerStock",
    "FeedPurchase",
    "FeedingEvent",
    "FishParameterScore",
    "FreshwaterStation",
    "Geography",
    "GrowthSample",
    "Hall",
    "HarvestEvent",
    "HarvestLot",
    "HarvestWaste",
    "HealthLabSample",
    "HealthParameter",
    "HealthSamplingEvent",
    "IndividualFishObservation",
    "IndividualGrowthObservation",
    "IntercompanyPolicy",
    "IntercompanyTransaction",
    "JournalEntry",
    "LiceCount",
    "LiceType",
    "LifeCycleStage",
    "MortalityEvent",
    "MortalityModel",
    "MortalityModelStage",
    "MortalityReason",
    "MortalityRecord",
    "NavExportBatch",
    "NavExportLine",
    "ParameterScoreDefinition",
    "PhotoperiodData",
    "ProductGrade",
    "SampleType",
    "Scenario",
    "ScenarioModelChange",
    "ScenarioProjection",
    "Sensor",
    "Species",
    "StageConstraint",
    "StageTransitionEnvironmental",
    "TGCModel",
    "TGCModelStage",
    "TemperatureProfile",
    "TemperatureReading",
    "TransferAction",
    "Treatment",
    "User",
    "UserProfile",
    "VaccinationType",
    "WeatherData",
]
