"""Why an operation was flagged, parked or laid aside, and a file refused, in words."""

from field.unsealing import Fault
from portal.kernel.i18n import N_

CODES = {
    # Flagged: in the record, and worth a look.
    "closed": N_("The job was over already"),
    "reassigned": N_("The job is somebody else's meanwhile"),
    "conflict": N_("Somebody else had changed the same field"),
    "old_base": N_("It was written over an older state from another phone"),
    "overlap": N_("Another timer of the same person was running"),
    "summary": N_("The signed summary does not match its hash"),
    "calibration": N_("The calibration of the measuring device was over"),
    "no_quotation": N_("Completed at a charge, without a quotation that the customer accepted"),
    "skew": N_("The phone's clock is off by more than five minutes"),
    "future": N_("The phone's clock was ahead"),
    "early": N_("The time given lies before the phone was last heard of"),
    "not_monotone": N_("The phone's clock went backwards"),
    "forced": N_("It waited five days for an entry that never came"),
    "accepted": N_("Taken over by the office"),
    "moved": N_("Moved here by the office"),
    # Parked: nothing was done yet.
    "waits": N_("It waits for an entry that has not arrived"),
    "revoked": N_("The phone is revoked"),
    "another_device": N_("It names another phone than the one that sent it"),
    "another_user": N_("It names another person than the phone's"),
    "unknown_kind": N_("An entry of a kind that is not known here"),
    "unknown_schema": N_("An entry of a newer form than is known here"),
    "unknown_job": N_("The job is not known"),
    "no_right": N_("The person never had this job"),
    "unknown_target": N_("The entry to be voided is not in this job"),
    "attachment_taken": N_("Its file bears the number of another one"),
    "not_answerable": N_("The step does not take this outcome as it stands"),
    "fault": N_("The portal could not carry it out"),
    # Settled by the office.
    "discarded": N_("Discarded by the office"),
    # Laid aside.
    "another_body": N_("Another content under a number that is known"),
    "seq_taken": N_("A running number that was used before"),
    "hash": N_("The content is not what its hash says"),
    "unreadable": N_("It cannot be read"),
}
# What the bodies hold, as the office reads it.
FIELDS = {
    "text": N_("Text"),
    "name": N_("Name"),
    "number": N_("Number"),
    "quantity": N_("Quantity"),
    "unit": N_("Unit"),
    "value": N_("Value"),
    "amount": N_("Amount (yuan)"),
    "minutes": N_("Minutes"),
    "timer": N_("Timer"),
    "outcome": N_("Outcome"),
    "remaining": N_("What is left"),
    "reason": N_("Reason"),
    "caption": N_("Caption"),
    "summary": N_("Summary signed"),
    "op": N_("Entry voided"),
    "position.latitude": N_("Latitude"),
    "position.longitude": N_("Longitude"),
}
KINDS = {
    "receipt": N_("Signed for the job"),
    "arrive": N_("Arrival"),
    "leave": N_("Departure from the site"),
    "timer_start": N_("Timer started"),
    "timer_stop": N_("Timer stopped"),
    "tool": N_("Tool used"),
    "part": N_("Part used"),
    "part_returned": N_("Part returned"),
    "note": N_("Note of the engineer"),
    "photo": N_("Photo"),
    "reading": N_("Reading"),
    "estimate": N_("Estimated cost"),
    "quotation": N_("Quotation accepted"),
    "fault": N_("Fault found"),
    "result": N_("Result"),
    "advice": N_("Advice"),
    "signature": N_("Customer's signature"),
    "complete": N_("Job completed"),
    "void": N_("Entry voided"),
}

# Why the file of a phone is not taken in, or what one person's app put into it.
FAULTS = {
    Fault.TOO_LARGE: N_("The file is larger than 64 MB."),
    Fault.NOT_AN_EXPORT: N_(
        "This is not a file that the field app wrote, or it was cut off. Export it again."
    ),
    Fault.NEWER: N_("A newer field app wrote this file. The portal has to be updated first."),
    Fault.NOTHING: N_("The file holds no entries: the phone had sent all of them."),
    Fault.UNREGISTERED: N_(
        "The app was not registered when it wrote this, so nobody can tell whose it is. Sign in "
        "on that phone and send from there; nothing on it is lost."
    ),
    Fault.UNKNOWN: N_("It comes from a phone that is not registered at this portal."),
    Fault.DAMAGED: N_(
        "The seal does not open: the file was changed or cut off on its way. Export it again."
    ),
}
