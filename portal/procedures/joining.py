"""When a join is decided. Plain arithmetic, so that its truth table can be read off."""

from portal.procedures.definition import Join, JoinKind


def needed(join: Join, branches: int) -> int:
    """How many of ``branches`` must end accepted; ``n %`` rounds up."""
    if join.kind is JoinKind.ALL:
        return branches
    if join.kind is JoinKind.ANY:
        return 1
    return -(-branches * join.percent // 100)


def decision(join: Join, branches: int, accepted: int, refused: int) -> bool | None:
    """``True`` accepted, ``False`` refused, ``None`` still waiting.

    Refused as soon as the branches still waiting can no longer make up the number needed, so that
    the last vote always decides.
    """
    enough = needed(join, branches)
    if accepted >= enough:
        return True
    if branches - refused < enough:
        return False
    return None
