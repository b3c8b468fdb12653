"""What can go wrong with people."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind, Problem
from portal.people.models import Person

WRONG_PASSWORD = Kind(
    "wrong-password",
    422,
    N_("Sign-in failed"),
    N_("The login or the password is wrong."),
)
INVITATION_SPENT = Kind(
    "invitation-spent",
    404,
    N_("This link no longer works"),
    N_("It was used already, or its time is over."),
    todo=N_("Ask your administrator for a new one."),
)
LAST_ADMINISTRATOR = Kind(
    "last-administrator",
    409,
    N_("The last administrator stays"),
    N_("Without an administrator nobody could manage the portal any more."),
    todo=N_("Give somebody else the role first."),
)
HAS_LEFT = Kind(
    "has-left",
    409,
    N_("This person has left"),
    N_("A person who has left the company cannot be changed."),
)
LEAVE_IS_OVER = Kind(
    "leave-is-over",
    409,
    N_("This absence is over"),
    N_("An absence that is over, or was called off, stays as it is recorded."),
)
CIRCLE = Kind(
    "department-circle",
    409,
    N_("A department cannot be above itself"),
    N_("The chosen department already belongs to this one."),
)


def refuse_left(person: Person) -> None:
    """Raise ``has-left`` for someone who has left; `departure` must be loaded."""
    if person.departure:
        raise Problem(HAS_LEFT)
