"""All factories under the names of their models: `batch`, `feeding_event`, `lice_count`, …."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories

from ..text import nearest
from .base import AquadataFactory
from .errors import FactoryError

_WORD_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class FactoryNamespace:
    """The factories as attributes, and the session that they write to.

    Attributes:
        session: session that the factories write to.
    """

    def __init__(self, session: Session) -> None:
        """Offer the factories together with a session."""
        self.session = session

    if TYPE_CHECKING:  # for type checkers, which thus find a misspelt name
        actual_daily_assignment_state: type[factories.ActualDailyAssignmentStateFactory]
        area: type[factories.AreaFactory]
        batch: type[factories.BatchFactory]
        batch_composition: type[factories.BatchCompositionFactory]
        batch_container_assignment: type[factories.BatchContainerAssignmentFactory]
        batch_creation_workflow: type[factories.BatchCreationWorkflowFactory]
        batch_feeding_summary: type[factories.BatchFeedingSummaryFactory]
        batch_transfer_workflow: type[factories.BatchTransferWorkflowFactory]
        biological_constraints: type[factories.BiologicalConstraintsFactory]
        container: type[factories.ContainerFactory]
        container_feeding_summary: type[factories.ContainerFeedingSummaryFactory]
        container_type: type[factories.ContainerTypeFactory]
        content_type: type[factories.ContentTypeFactory]
        creation_action: type[factories.CreationActionFactory]
        dim_company: type[factories.DimCompanyFactory]
        dim_site: type[factories.DimSiteFactory]
        egg_production: type[factories.EggProductionFactory]
        egg_supplier: type[factories.EggSupplierFactory]
        environmental_parameter: type[factories.EnvironmentalParameterFactory]
        environmental_reading: type[factories.EnvironmentalReadingFactory]
        fact_harvest: type[factories.FactHarvestFactory]
        fcr_model: type[factories.FCRModelFactory]
        fcr_model_stage: type[factories.FCRModelStageFactory]
        fcr_model_stage_override: type[factories.FCRModelStageOverrideFactory]
        feed: type[factories.FeedFactory]
        feed_container: type[factories.FeedContainerFactory]
        feed_container_stock: type[factories.FeedContainerStockFactory]
        feed_purchase: type[factories.FeedPurchaseFactory]
        feeding_event: type[factories.FeedingEventFactory]
        fish_parameter_score: type[factories.FishParameterScoreFactory]
        freshwater_station: type[factories.FreshwaterStationFactory]
        geography: type[factories.GeographyFactory]
        growth_sample: type[factories.GrowthSampleFactory]
        hall: type[factories.HallFactory]
        harvest_event: type[factories.HarvestEventFactory]
        harvest_lot: type[factories.HarvestLotFactory]
        harvest_waste: type[factories.HarvestWasteFactory]
        health_lab_sample: type[factories.HealthLabSampleFactory]
        health_parameter: type[factories.HealthParameterFactory]
        health_sampling_event: type[factories.HealthSamplingEventFactory]
        individual_fish_observation: type[factories.IndividualFishObservationFactory]
        individual_growth_observation: type[factories.IndividualGrowthObservationFactory]
        intercompany_policy: type[factories.IntercompanyPolicyFactory]
        intercompany_transaction: type[factories.IntercompanyTransactionFactory]
        journal_entry: type[factories.JournalEntryFactory]
        lice_count: type[factories.LiceCountFactory]
        lice_type: type[factories.LiceTypeFactory]
        life_cycle_stage: type[factories.LifeCycleStageFactory]
        mortality_event: type[factories.MortalityEventFactory]
        mortality_model: type[factories.MortalityModelFactory]
        mortality_model_stage: type[factories.MortalityModelStageFactory]
        mortality_reason: type[factories.MortalityReasonFactory]
        mortality_record: type[factories.MortalityRecordFactory]
        nav_export_batch: type[factories.NavExportBatchFactory]
        nav_export_line: type[factories.NavExportLineFactory]
        parameter_score_definition: type[factories.ParameterScoreDefinitionFactory]
        photoperiod_data: type[factories.PhotoperiodDataFactory]
        product_grade: type[factories.ProductGradeFactory]
        sample_type: type[factories.SampleTypeFactory]
        scenario: type[factories.ScenarioFactory]
        scenario_model_change: type[factories.ScenarioModelChangeFactory]
        scenario_projection: type[factories.ScenarioProjectionFactory]
        sensor: type[factories.SensorFactory]
        species: type[factories.SpeciesFactory]
        stage_constraint: type[factories.StageConstraintFactory]
        stage_transition_environmental: type[factories.StageTransitionEnvironmentalFactory]
        temperature_profile: type[factories.TemperatureProfileFactory]
        temperature_reading: type[factories.TemperatureReadingFactory]
        tgc_model: type[factories.TGCModelFactory]
        tgc_model_stage: type[factories.TGCModelStageFactory]
        transfer_action: type[factories.TransferActionFactory]
        treatment: type[factories.TreatmentFactory]
        user: type[factories.UserFactory]
        user_profile: type[factories.UserProfileFactory]
        vaccination_type: type[factories.VaccinationTypeFactory]
        weather_data: type[factories.WeatherDataFactory]

    else:

        def __getattr__(self, name: str) -> type[AquadataFactory[Any]]:
            """Return the factory of this name.

            Raises:
                FactoryError: if there is none.
            """
            by_name = factories_by_name()
            if name in by_name:
                return by_name[name]
            if name.startswith("_"):
                raise AttributeError(name)
            similar = nearest(name, by_name, similarity=0.6)
            hint = (
                f"did you mean {similar}?" if similar else "take the name of a model, as in batch"
            )
            raise FactoryError(f"there is no factory {name!r}: {hint}")

    def __dir__(self) -> list[str]:
        return ["session", *factories_by_name()]


@cache
def factories_by_name() -> dict[str, type[AquadataFactory[Any]]]:
    """Return all factories by the names of their models in snake case."""
    classes = [getattr(factories, name) for name in factories.__all__ if name.endswith("Factory")]
    return {
        _WORD_BOUNDARY.sub("_", factory_class._meta.model.__name__).lower(): factory_class
        for factory_class in classes
        if factory_class._meta.model is not None
    }
