"""What the site shows."""

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from .models import Batch, BatchContainerAssignment


def batch(request: HttpRequest, number: str) -> JsonResponse:
    """A batch and the fish that it has now."""
    found = get_object_or_404(Batch.objects.select_related("lifecycle_stage"), batch_number=number)
    fish = BatchContainerAssignment.objects.filter(batch=found, is_active=True)
    return JsonResponse(
        {
            "number": found.batch_number,
            "stage": found.lifecycle_stage.name,
            "containers": fish.count(),
            "fish": sum(fish.values_list("population_count", flat=True)),
        }
    )
