"""Fine-tuning: the whole job, epochs of training with a validation after each."""

from __future__ import annotations

from harness.phases.declaration import Phase, Schedule, Values, Watched
from harness.phases.figures import ITEMS_PER_SECOND
from harness.record.figure import Figure, Unit

PHASE = Phase(
    place=60,
    usual_seconds=120.0,
    title="Fine-tuning",
    subtitle="the whole job, training and validation epoch by epoch in turns",
    schedule=Schedule.JOB,
    watched=Watched(Figure("epoch_seconds", "epoch", Unit.SECONDS), Values.ROUNDS),
    figures=(
        Figure("epoch_seconds", "epoch", Unit.SECONDS),
        Figure("first_epoch_seconds", "first epoch", Unit.SECONDS),
        Figure("all_epochs_seconds", "all epochs", Unit.SECONDS),
        Figure(ITEMS_PER_SECOND.name, f"{ITEMS_PER_SECOND.title}, training", ITEMS_PER_SECOND.unit),
        Figure("time_to_target_seconds", "time to target", Unit.SECONDS),
    ),
    fed=True,
    needs_corpus=True,
    needs_classes=True,
    further=(
        Figure("epoch_training_seconds", "training, an epoch", Unit.SECONDS),
        Figure("validation_seconds", "validation, an epoch", Unit.SECONDS),
        Figure("validation_loss", "validation loss", Unit.NUMBER),
        Figure("validation_accuracy", "validation accuracy", Unit.SHARE),
    ),
)
