"""What can go wrong around phones, for the people in the office."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind

RULED_ALREADY = Kind(
    "operation-ruled",
    409,
    N_("This is settled already"),
    N_("Somebody decided on this entry since you opened the page."),
    todo=N_("Load the inbox again to see what is left."),
)
JOB_UNKNOWN = Kind(
    "job-unknown",
    422,
    N_("No job is known for this entry"),
    N_("The phone named a job that is not here, so the entry cannot go into it."),
    todo=N_("Move it to the job it belongs to, or discard it with a reason."),
)
UNFIT = Kind(
    "operation-unfit",
    422,
    N_("This entry cannot be taken over"),
    N_("What it holds cannot be read as an entry of a job."),
    todo=N_("Discard it with a reason; what was sent is kept either way."),
)
DEVICE_TAKEN = Kind(
    "device-taken",
    409,
    N_("This device is registered already"),
    N_("A device of this number is known, and its key is given once only."),
    todo=N_("Let the phone begin anew, under a number of its own."),
)
NOT_A_DEVICE = Kind(
    "not-a-device",
    401,
    N_("This device is not known"),
    N_("The key that came with the request is not that of a registered device."),
    todo=N_("Sign in on the phone: it is registered anew, and nothing on it is lost."),
)
PHONE_REVOKED = Kind(
    "phone-revoked",
    403,
    N_("This phone is revoked"),
    N_("It gets no jobs and shows no customer any more."),
    kept=N_("What it still holds can be sent, and goes to the inbox."),
    todo=N_("Ask the office, if you have the phone in your hands."),
)
UPGRADE_NEEDED = Kind(
    "upgrade-needed",
    426,
    N_("The field app on this phone is too old"),
    N_("It gets no new jobs until it is brought up to date. What it holds is still taken in."),
    kept=N_("Everything entered on the phone is kept, and can be sent."),
    todo=N_("Close the app and open it again while there is a network."),
)
