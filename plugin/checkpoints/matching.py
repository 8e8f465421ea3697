"""Does a checkpoint care about a transition? Pure rules."""

from __future__ import annotations

from collections.abc import Iterable

from plugin.domain import Checkpoint


def matches(checkpoint: Checkpoint, issue_type_id: str, from_status_id: str, to_status_id: str) -> bool:
    """By ids only: names change and repeat. Empty lists mean any."""
    return (
        checkpoint.enabled
        and checkpoint.to_status_id == to_status_id
        and from_status_id != to_status_id
        and (not checkpoint.issue_type_ids or issue_type_id in checkpoint.issue_type_ids)
        and (not checkpoint.from_status_ids or from_status_id in checkpoint.from_status_ids)
    )


def matching(
    checkpoints: Iterable[Checkpoint], issue_type_id: str, from_status_id: str, to_status_id: str
) -> list[Checkpoint]:
    return [
        checkpoint for checkpoint in checkpoints if matches(checkpoint, issue_type_id, from_status_id, to_status_id)
    ]
