"""Pages of the site."""

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from .models import Batch, BatchContainerAssignment


def batch_page(request: HttpRequest, number: str) -> JsonResponse:
    """Return a batch and the fish that it has now."""
    batch = get_object_or_404(Batch.objects.select_related("lifecycle_stage"), batch_number=number)
    fish = BatchContainerAssignment.objects.filter(batch=batch, is_active=True)
    return JsonResponse(
        {
            "number": batch.batch_number,
            "stage": batch.lifecycle_stage.name,
            "containers": fish.count(),
            "fish": sum(fish.values_list("population_count", flat=True)),
        }
    )
