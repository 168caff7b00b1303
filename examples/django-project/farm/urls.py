from django.urls import path

from . import views

urlpatterns = [path("batches/<str:number>/", views.batch_page)]
