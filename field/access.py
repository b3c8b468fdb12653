"""Who sees what of the field. The only loaders of this room."""

from sqlalchemy import Select, false, or_, select

from field.models import FieldDevice, FieldOp, FieldRuling, Outcome
from portal.kernel.act import Actor, Staff
from portal.people.roles import Role

# Whose phones may register, and who rules on what they sent.
FIELD_STAFF = (Role.ENGINEER,)
RULERS = (Role.DISPATCHER, Role.DEPARTMENT_HEAD)
LEDGER_READERS = (*RULERS, Role.ADMINISTRATOR)


def visible_devices(actor: Actor) -> Select[FieldDevice]:
    """Every device for whoever keeps the ledger; their own for everybody else inside."""
    query = select(FieldDevice)
    if not isinstance(actor, Staff):
        return query.where(false())
    if actor.roles & set(LEDGER_READERS):
        return query
    return query.where(FieldDevice.person_id == actor.person_id)


def visible_operations(actor: Actor) -> Select[FieldOp]:
    """What the office may rule on."""
    query = select(FieldOp)
    if isinstance(actor, Staff) and actor.roles & set(RULERS):
        return query
    return query.where(false())


def open_operations(actor: Actor) -> Select[FieldOp]:
    """What waits for the office: parked or flagged, and not ruled on. What waits for another entry
    waits for the phone."""
    ruled = select(FieldRuling.op_id)
    query = visible_operations(actor).where(FieldOp.op_id.not_in(ruled))
    parked = (FieldOp.outcome == Outcome.PARKED) & (FieldOp.code != "waits")
    return query.where(or_(parked, FieldOp.outcome == Outcome.FLAGGED))
