"""Factories for every table: one row and all rows that it needs, by the rules of the lifecycle.

Use them through the fixtures `aquadata_session` and `aquadata_factories`, or bind your own
session:

    with bound(session):
        meal = FeedingEventFactory()

Pin any column, as in `FeedingEventFactory(amount_kg=50)`; the other columns follow. Each factory's
docstring lists its parameters and traits.
"""

from .base import AquadataFactory
from .batch import BatchCompositionFactory, BatchContainerAssignmentFactory, BatchFactory
from .binding import begin_test, bound
from .context import FactoryContext, FactorySettings
from .environmental import EnvironmentalReadingFactory, PhotoperiodDataFactory, WeatherDataFactory
from .errors import FactoryError
from .feeding_summaries import BatchFeedingSummaryFactory, ContainerFeedingSummaryFactory
from .finance import (
    DimCompanyFactory,
    DimSiteFactory,
    IntercompanyPolicyFactory,
    IntercompanyTransactionFactory,
    NavExportBatchFactory,
    NavExportLineFactory,
)
from .growth import (
    ActualDailyAssignmentStateFactory,
    GrowthSampleFactory,
    IndividualGrowthObservationFactory,
)
from .harvest import FactHarvestFactory, HarvestEventFactory, HarvestLotFactory, HarvestWasteFactory
from .health import JournalEntryFactory, LiceCountFactory
from .health_samplings import (
    FishParameterScoreFactory,
    HealthLabSampleFactory,
    HealthSamplingEventFactory,
    IndividualFishObservationFactory,
)
from .infrastructure import (
    AreaFactory,
    ContainerFactory,
    FeedContainerFactory,
    FreshwaterStationFactory,
    HallFactory,
    SensorFactory,
)
from .inventory import FeedContainerStockFactory, FeedingEventFactory, FeedPurchaseFactory
from .master import (
    ContainerTypeFactory,
    ContentTypeFactory,
    EggSupplierFactory,
    EnvironmentalParameterFactory,
    FeedFactory,
    GeographyFactory,
    HealthParameterFactory,
    LiceTypeFactory,
    LifeCycleStageFactory,
    MortalityReasonFactory,
    ParameterScoreDefinitionFactory,
    ProductGradeFactory,
    SampleTypeFactory,
    SpeciesFactory,
    UserFactory,
    UserProfileFactory,
    VaccinationTypeFactory,
)
from .mortality import MortalityEventFactory, MortalityRecordFactory
from .scenario import ScenarioFactory, ScenarioModelChangeFactory, ScenarioProjectionFactory
from .scenario_models import (
    BiologicalConstraintsFactory,
    FCRModelFactory,
    FCRModelStageFactory,
    FCRModelStageOverrideFactory,
    MortalityModelFactory,
    MortalityModelStageFactory,
    StageConstraintFactory,
    TemperatureProfileFactory,
    TemperatureReadingFactory,
    TGCModelFactory,
    TGCModelStageFactory,
)
from .treatments import TreatmentFactory
from .workflows import (
    BatchCreationWorkflowFactory,
    BatchTransferWorkflowFactory,
    CreationActionFactory,
    EggProductionFactory,
    StageTransitionEnvironmentalFactory,
    TransferActionFactory,
)

__all__ = [
    "ActualDailyAssignmentStateFactory",
    "AquadataFactory",
    "AreaFactory",
    "BatchCompositionFactory",
    "BatchContainerAssignmentFactory",
    "BatchCreationWorkflowFactory",
    "BatchFactory",
    "BatchFeedingSummaryFactory",
    "BatchTransferWorkflowFactory",
    "BiologicalConstraintsFactory",
    "ContainerFactory",
    "ContainerFeedingSummaryFactory",
    "ContainerTypeFactory",
    "ContentTypeFactory",
    "CreationActionFactory",
    "DimCompanyFactory",
    "DimSiteFactory",
    "EggProductionFactory",
    "EggSupplierFactory",
    "EnvironmentalParameterFactory",
    "EnvironmentalReadingFactory",
    "FCRModelFactory",
    "FCRModelStageFactory",
    "FCRModelStageOverrideFactory",
    "FactHarvestFactory",
    "FactoryContext",
    "FactoryError",
    "FactorySettings",
    "FeedContainerFactory",
    "FeedContainerStockFactory",
    "FeedFactory",
    "FeedPurchaseFactory",
    "FeedingEventFactory",
    "FishParameterScoreFactory",
    "FreshwaterStationFactory",
    "GeographyFactory",
    "GrowthSampleFactory",
    "HallFactory",
    "HarvestEventFactory",
    "HarvestLotFactory",
    "HarvestWasteFactory",
    "HealthLabSampleFactory",
    "HealthParameterFactory",
    "HealthSamplingEventFactory",
    "IndividualFishObservationFactory",
    "IndividualGrowthObservationFactory",
    "IntercompanyPolicyFactory",
    "IntercompanyTransactionFactory",
    "JournalEntryFactory",
    "LiceCountFactory",
    "LiceTypeFactory",
    "LifeCycleStageFactory",
    "MortalityEventFactory",
    "MortalityModelFactory",
    "MortalityModelStageFactory",
    "MortalityReasonFactory",
    "MortalityRecordFactory",
    "NavExportBatchFactory",
    "NavExportLineFactory",
    "ParameterScoreDefinitionFactory",
    "PhotoperiodDataFactory",
    "ProductGradeFactory",
    "SampleTypeFactory",
    "ScenarioFactory",
    "ScenarioModelChangeFactory",
    "ScenarioProjectionFactory",
    "SensorFactory",
    "SpeciesFactory",
    "StageConstraintFactory",
    "StageTransitionEnvironmentalFactory",
    "TGCModelFactory",
    "TGCModelStageFactory",
    "TemperatureProfileFactory",
    "TemperatureReadingFactory",
    "TransferActionFactory",
    "TreatmentFactory",
    "UserFactory",
    "UserProfileFactory",
    "VaccinationTypeFactory",
    "WeatherDataFactory",
    "begin_test",
    "bound",
]
