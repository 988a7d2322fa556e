"""Which promotions a basket gets: the combination that saves the customer most (FR-3.3).

A unit of goods serves one promotion, or several that are all stackable. Discounts are calculated off
each unit first, then on groups, then on bundles, then on the bill; within each by rank. Equal savings go
to the promotions of higher rank (`priority`, then `promo_id`).

The search is exact wherever it ends within its allowance (`retail.promotion_search`), which is every
basket a person can carry; beyond that the answer is the best found, and never worse than the best
single promotions in turn (`retail.promotion_turns`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, product

from retail.money import AMOUNT_LIMIT
from retail.promotion_bill import Forms, bill_the_rest, go_together, is_exclusive, slots_of
from retail.promotion_book import PromotionBook
from retail.promotion_goods import (
    Choice,
    Good,
    OffersByGood,
    Serving,
    by_promotion,
    offers_on,
)
from retail.promotion_offer import Offer
from retail.promotion_options import Exhausted, Machine, Range, options_of
from retail.promotion_parts import components_of
from retail.promotion_search import Component, Effort, best_choice, weights_of
from retail.promotion_sharing import Outcome, outcome_of
from retail.promotion_trade import Room, Terms, joined, rooms_of, ways
from retail.promotion_turns import in_turn

STEPS_PER_COMPONENT = 25_000
STEPS = 50_000
"""What a basket may cost; a step is about a microsecond."""
OFFERS_PER_STEP = 3
"""To ask a good for so many of its offers takes as long as a step."""
STEPS_FOR_SHARES = 15_000
"""What the shares of groups may cost, before their savings are taken to fall on the goods given alone."""

SETTINGS_LIMIT = 256
"""Ways to switch conditional promotions on and off that are looked at one by one."""

SETTINGS_IN_A_HURRY = 16
"""So many of them are looked at when there are no steps left; each still costs a look at all goods."""

NO_OUTCOME = Outcome({}, {}, is_valid=True, is_full=True)


def forms_of(goods: Iterable[Good]) -> list[Forms]:
    """The promotions that have goods in the basket, in rank order, in the forms within reach."""
    near: dict[int, Forms] = {}
    value: dict[int, int] = {}
    for good in goods:
        closed = good.closed
        for forms, _ in good.casting:
            key = id(forms)
            if not closed:
                near[key] = forms
            if forms[0].minimum:
                value[key] = value.get(key, 0) + good.value
    found = []
    for key, forms in near.items():
        if not forms[0].minimum:
            found.append(forms)
        elif reached := tuple(form for form in forms if form.minimum <= value[key]):
            found.append(reached)
    found.sort(key=lambda forms: forms[0].rank)
    return found


def best_outcome(goods: Sequence[Good], book: PromotionBook) -> Outcome:
    """The outcome that saves most (see the module); the book remembers parts of it."""
    forms = forms_of(goods)
    if not forms:
        return NO_OUTCOME
    search = _Search(goods, book)
    slots = slots_of(goods, forms)
    # With every promotion on in its largest form nothing could save more: when that works out, it is it.
    largest = [slot[0] for slot in slots]
    top = search.outcome(largest)
    found = [top] if go_together(goods, largest) else []
    if not (found and top.is_valid and top.is_full and all(_rises(slot) for slot in slots)):
        found += search.by_settings(slots, top)
    elif search.is_exact:
        return top
    if not search.is_exact:
        largest = [each[0] for each in forms]
        safe = [each[0] for each in forms if not _can_be_off(each)]
        found += [outcome_of(in_turn(goods, offers), goods, offers) for offers in (largest, safe)]
    valid = [outcome for outcome in found if outcome.is_valid]
    return min(valid, key=lambda outcome: outcome.key) if valid else NO_OUTCOME


def _rises(forms: Forms) -> bool:
    """Whether the forms come in falling order of one kind of discount."""
    return all(
        one.bill == other.bill and (one.percent, one.amount) >= (other.percent, other.amount)
        for one, other in pairwise(forms)
    )


def _can_be_off(forms: Forms) -> bool:
    return forms[0].bill or any(form.minimum for form in forms)


class _Search:
    """Finds outcomes for one basket; what it finds for a part of it, the book remembers."""

    def __init__(self, goods: Sequence[Good], book: PromotionBook) -> None:
        self._goods = goods
        self._book = book
        self._effort = Effort(STEPS)
        self.is_exact = True
        self._tells_apart = True

    def outcome(self, offers: Sequence[Offer]) -> Outcome:
        """The best there is with exactly these offers on, as if every minimum would be reached."""
        per_good = offers_on(self._goods, by_promotion(offers))
        components, alone = components_of(self._goods, per_good)
        choice = Choice()
        for good in alone:
            self._add_alone(choice, good, per_good[good.key])
        for component in components:
            choice.add(self._solved(component, per_good))
        if any(is_exclusive(offer) for offer in offers):
            bill_the_rest(choice, self._goods, per_good)
        return outcome_of(choice, self._goods, offers)

    def by_settings(self, slots: Sequence[Forms], top: Outcome) -> list[Outcome]:
        """Outcomes with conditional promotions on and off, as far as they can be the best.

        `top` is the outcome with all of them on, which the discounts off goods cannot beat.
        """
        choices = [(*slot, None) if _can_be_off(slot) else slot for slot in slots]
        count = 1
        for each in choices:
            count *= len(each)
        if count > SETTINGS_LIMIT:
            self.is_exact = False
            return []
        off_goods = sum(
            sum(shares.values()) for promo_id, shares in top.by_offer.items() if not top.offers[promo_id].bill
        )
        settings = [[offer for offer in setting if offer is not None] for setting in product(*choices)]
        settings = [setting for setting in settings if go_together(self._goods, setting)]
        limits = {id(offer): self._limit(offer) for slot in slots for offer in slot if offer.minimum}
        bounds = [
            min(
                off_goods + sum(offer.amount for offer in each if offer.bill),
                *(limits[id(offer)] for offer in each if offer.minimum),
                AMOUNT_LIMIT,
            )
            for each in settings
        ]
        found: list[Outcome] = []
        best, hurried = -1, 0
        for place in sorted(range(len(settings)), key=lambda place: -bounds[place]):
            if bounds[place] < best and all(_rises(slot) for slot in slots):
                break
            if self._effort.left <= 0:
                self.is_exact, hurried = False, hurried + 1
                if hurried > SETTINGS_IN_A_HURRY:
                    break
            outcome = self._settled(settings[place])
            if outcome is not None:
                found.append(outcome)
                best = max(best, outcome.total)
        return found

    def _limit(self, offer: Offer) -> int:
        """No basket saves more than this while it reaches the offer's minimum.

        Others may take so much off its goods that the minimum is left; what is not its goods may cost
        nothing at all, and the offer itself gives what it gives.
        """
        served = sum(good.value for good in self._goods if good.serves(offer))
        others = sum(good.value for good in self._goods if not good.serves(offer))
        own = offer.amount if offer.bill else served
        if offer.each and offer.percent:
            # Each unit is rounded by itself, up by half a unit of money at most.
            own = offer.saving_on(served) + sum(good.count for good in self._goods)
        return served - offer.minimum + others + own

    def _settled(self, offers: Sequence[Offer]) -> Outcome | None:
        """The best valid outcome with these offers on, as far as it can be found."""
        outcome = self.outcome(offers)
        if outcome.is_valid and outcome.is_full:
            return outcome
        try:
            if outcome.is_valid and not any(offer.bill and offer.promotion.stackable for offer in offers):
                # What is best without a look at the minima is best if it reaches them.
                by_room = self._best_traded(offers, Range.ROOM)
                if by_room is not None and by_room.is_valid:
                    return by_room
            return self._best_traded(offers, Range.ALL)
        except Exhausted:
            self.is_exact = False
        return outcome if outcome.is_valid else None

    def _best_traded(self, offers: Sequence[Offer], scope: Range) -> Outcome | None:
        """`_traded` with as much care as there are steps for."""
        conditional = tuple(offer for offer in offers if offer.minimum) if scope is Range.ALL else ()
        billed = tuple(offer for offer in offers if offer.bill)
        together, apart = (rooms_of(self._goods, conditional, billed, apart=each) for each in (False, True))
        attempts = [together]
        if apart != together:
            attempts = [apart, together] if self._tells_apart else attempts
            self.is_exact = self.is_exact and self._tells_apart
        for rooms in attempts:
            steps = max(0, min(STEPS_FOR_SHARES, self._effort.left // 2))
            effort = Effort(steps)
            try:
                return self._traded(offers, conditional, rooms, effort, scope, shares=True)
            except Exhausted:
                self.is_exact = self._tells_apart = False
            finally:
                self._effort.left -= steps - max(0, effort.left)
        return self._traded(offers, conditional, together, self._effort, scope, shares=False)

    def _traded(
        self,
        offers: Sequence[Offer],
        conditional: Sequence[Offer],
        rooms: Sequence[Room],
        effort: Effort,
        scope: Range,
        *,
        shares: bool,
    ) -> Outcome | None:
        """The best with these offers on when one costs another; raises `Exhausted`.

        In the range `ROOM` only the offers on the bill are looked after, and a minimum may be missed.
        Without `shares` a group's saving is taken to fall on the goods given alone.
        """
        slack = tuple(
            sum(good.value for good in self._goods if good.serves(offer)) - offer.minimum
            for offer in conditional
        )
        has_bundles = any(offer.bundle_price is not None for offer in offers)
        terms = Terms(conditional, slack, rooms, has_bundles=has_bundles, shares=shares)
        per_good = offers_on(self._goods, by_promotion(offers))
        components, alone = components_of(self._goods, per_good)
        for component in components:
            component.prepare(per_good)
        for machine in (machine for component in components for machine in component.machines):
            # Giving away a cheaper one than need be may be worth it here.
            machine.loose = machine.loose or (machine.offer.pooled and scope is Range.ALL)
        weights = weights_of([good for good in self._goods if not good.closed], per_good)
        single = Component(sorted(alone, key=lambda good: (-good.price, good.key)), [])
        settled = [(0, terms.start, Choice())]
        for part in (*components, single):
            more = ways(part, per_good, terms, weights, scope, effort)
            settled = joined(settled, more, terms, effort)
        choices = [choice for _, _, choice in settled]
        effort.spend(len(choices) * len(self._goods))
        outcomes = [outcome_of(choice, self._goods, offers) for choice in choices]
        if rooms and not any(offer.promotion.stackable for offer, _ in rooms):
            # Units that serve nothing may bear the bill's discount too, unless it then grows too large.
            for spared in (*((offer,) for offer in reversed(conditional)), ()):
                effort.spend(len(choices) * len(self._goods))
                for choice in choices:
                    bill_the_rest(choice, self._goods, per_good, spared)
                outcomes = [outcome_of(choice, self._goods, offers) for choice in choices] + outcomes
        fitting = [each for each in outcomes if each.is_valid or scope is Range.ROOM]
        return min(fitting, key=lambda outcome: outcome.key, default=None)

    def _add_alone(self, choice: Choice, good: Good, serving: Serving) -> None:
        """A good that competes with no other: every unit does the same."""
        if not serving:
            return
        what = (good.key, *(id(offer) for offer, _ in serving))
        option = self._book.memory.get(what)
        if option is None:
            option = options_of(good, serving, ())[0]
            self._book.remember(what, option)
        if option.steps:
            choice.shares += [
                (step.offer, good.key, step.saving * good.count) for step in option.steps if step.saving
            ]
            (choice.stacked if option.is_open else choice.taken)[good.key] = good.count

    def _solved(self, component: Component, per_good: OffersByGood) -> Choice:
        what = (
            tuple((good.key, good.count) for good in component.goods),
            tuple(id(offer) for good in component.goods for offer, _ in per_good[good.key] if not offer.bill),
        )
        known: tuple[Choice, bool] | None = self._book.memory.get(what)
        if known is None:
            component.prepare(per_good)
            found = self._searched(component, per_good)
            known = (found, True) if found else (self._simpler(component, per_good), False)
            if found or self._effort.left > 0:
                self._book.remember(what, known)
        self.is_exact = self.is_exact and known[1]
        return known[0]

    def _searched(self, component: Component, per_good: OffersByGood) -> Choice | None:
        """The best choice, or None when it takes more steps than there are."""
        steps = max(0, min(STEPS_PER_COMPONENT, self._effort.left))
        effort = Effort(steps)
        try:
            return best_choice(component, per_good, effort)
        except Exhausted:
            return None
        finally:
            self._effort.left -= steps - max(0, effort.left)

    def _simpler(self, component: Component, per_good: OffersByGood) -> Choice:
        """A good choice where the best takes too long: in turn, or the best without the stackable groups that
        save least."""
        offers = {id(o): o for good in component.goods for o, _ in per_good[good.key] if not o.bill}
        found = [in_turn(component.goods, list(offers.values()), conditional=False)]
        fewer = dict(per_good)
        machines = list(component.machines)
        stackable = [machine for machine in machines if machine.offer.promotion.stackable]
        # Before a search begins, each of its goods is asked for its offers; that must not go on for ever.
        asked = sum(len(per_good[good.key]) for good in component.goods) // OFFERS_PER_STEP
        if len(stackable) * asked > self._effort.left:
            stackable = []

        def alone(machine: Machine) -> int:
            return _saved(in_turn(component.goods, [machine.offer], conditional=False))

        for machine in sorted(stackable, key=alone):
            machines.remove(machine)
            for good in component.goods:
                fewer[good.key] = [each for each in fewer[good.key] if each[0] is not machine.offer]
            choice = self._searched(Component(component.goods, machines), fewer)
            if choice is not None:
                found.append(choice)
                break
        return max(found, key=_saved)


def _saved(choice: Choice) -> int:
    return sum(amount for _, _, amount in choice.shares)
