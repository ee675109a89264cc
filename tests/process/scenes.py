"""What many stories begin and end with."""

import time

import ears
import pytest
from house import CALLEE, CUSTOMER, DID, OUTSIDE

# Short enough to see that the last transaction is forgotten, 64·T1 after the last call.
FORGETFUL = {"t1": "100ms"}

whoever_called = pytest.mark.parametrize("who_called", ["the customer", "the agent"])


def talk(agent, carrier, who_called="the customer"):
    """Customer and agent talk, whoever called whom; the agent's call has a name on some phones."""
    if who_called == "the customer":
        carrier.calls(DID, CUSTOMER)
        agent.rings()
        agent.answer()
    else:
        carrier.expects_a_call()
        agent.dial(OUTSIDE)
    name = agent.talks()
    they_hear_each_other(agent, carrier)
    return name


def number_of_customer(who_called):
    """As it stands in the list of calls."""
    return CUSTOMER if who_called == "the customer" else CALLEE


def number_on_display(who_called):
    """As the colleague sees it: so that it can be dialled."""
    return CUSTOMER if who_called == "the customer" else OUTSIDE


def call(caller, callee):
    """One phone calls another, which answers."""
    caller.dial(callee.extension)
    callee.rings()
    callee.answer()
    callee.talks()
    name = caller.talks()
    they_hear_each_other(caller, callee)
    return name


def calls_out(agent, carrier):
    """The call of this agent is taken by this carrier; after how many seconds."""
    begun = time.monotonic()
    agent.dial(OUTSIDE)
    agent.talks()
    took = time.monotonic() - begun
    they_hear_each_other(agent, carrier)
    agent.hang_up()
    agent.is_hung_up()
    return took


def asks(agent, colleague):
    """With the customer on hold the agent calls a colleague."""
    agent.hold()
    return call(agent, colleague)


def answers(colleague, waiting):
    """It rings for a while, which whoever waits can hear."""
    colleague.rings()
    waiting.hears(ears.MUSIC, seconds=0.4)
    colleague.answer()
    colleague.talks()
    they_hear_each_other(colleague, waiting)


def they_hear_each_other(one, other):
    one.hears(other.hz)
    other.hears(one.hz)


def ends(house, carrier, agent, who_called="the customer"):
    """Whoever called hangs up, and nothing is left."""
    hangs_up(carrier, agent, who_called)
    house.has_forgotten_all()


def hangs_up(carrier, agent, who_called="the customer"):
    if who_called == "the customer":
        carrier.hangs_up()
        agent.is_hung_up()
    else:
        agent.hang_up()
        carrier.is_content()


def heard(one, *voices):
    """All that this one has heard, one after the other; what a ringing tone or music was before it is left out."""
    course = ears.course(one.heard())
    while course and course[0] == ears.MUSIC:
        course.pop(0)
    assert course == list(voices), course


def tape_has(house, right, left=(ears.CUSTOMER,)):
    """One tape, from the first word to the last; while the customer waits nobody of us is on it."""
    path, _ = house.tape()
    customer, ours = ears.read_wav(path)
    assert ears.course(customer) == list(left), ears.spans(customer)
    assert ears.course(ours) == list(right), ears.spans(ours)
    return ears.spans(ours)
