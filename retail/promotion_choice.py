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

from retail.promotion_book import Occasion, is_on
from retail.promotion_goods import Choice, Good, Grant, Member, OffersByGood, offers_on
from retail.promotion_offer import Offer
from retail.promotion_options import Exhausted, Machine, options_of
from retail.promotion_search import Component, Effort, best_choice, ordered, weights_of
from retail.promotion_sharing import Outcome, outcome_of
from retail.promotion_trade import Terms, joined, ways
from retail.promotion_turns import in_turn

STEPS_PER_COMPONENT = 25_000
STEPS = 60_000
"""What a basket may cost; a step is one to two microseconds."""

SETTINGS_LIMIT = 64
"""Ways to switch conditional promotions on and off that are looked at one by one."""

NO_OUTCOME = Outcome({}, {}, is_valid=True, is_full=True)


def forms_on(goods: Iterable[Good], occasion: Occasion) -> list[tuple[Offer, ...]]:
    """The promotions that are on and have goods in the basket, in rank order, in the forms within reach."""
    local = occasion.calendar.local(occasion.at)
    near: dict[int, tuple[Offer, ...]] = {}
    value: dict[int, int] = {}
    for good in goods:
        for forms, _ in good.casting:
            if not good.closed:
                near[id(forms)] = forms
            value[id(forms)] = value.get(id(forms), 0) + good.value
    found = []
    for key, forms in near.items():
        if is_on(forms[0].promotion, occasion, local):
            reached = tuple(form for form in forms if form.minimum <= value[key])
            if reached:
                found.append(reached)
    found.sort(key=lambda forms: forms[0].rank)
    return found


def best_outcome(goods: Sequence[Good], forms: Sequence[tuple[Offer, ...]]) -> Outcome:
    """The outcome that saves most; see the module."""
    if not forms:
        return NO_OUTCOME
    search = _Search(goods)
    # With every promotion on in its largest form nothing could save more: when that works out, it is it.
    top = search.outcome([each[0] for each in forms])
    if top.is_valid and top.is_full and search.is_exact and all(_rises(each) for each in forms):
        return top
    found = [top] if top.is_valid else []
    found += search.by_settings(forms)
    if not search.is_exact or not found:
        found += [outcome_of(in_turn(goods, offers), goods, offers) for offers in _turns(forms)]
    valid = [outcome for outcome in found if outcome.is_valid]
    return min(valid, key=lambda outcome: outcome.key) if valid else NO_OUTCOME


def _turns(forms: Sequence[tuple[Offer, ...]]) -> list[list[Offer]]:
    """Settings for taking promotions in turn: all in their largest form, and all without conditions."""
    return [[each[0] for each in forms], [each[0] for each in forms if not _can_be_off(each)]]


def _rises(forms: tuple[Offer, ...]) -> bool:
    """Whether a larger minimum always brings a larger discount of the same kind."""
    return all(
        one.bill == other.bill and (one.percent, one.amount) >= (other.percent, other.amount)
        for one, other in pairwise(forms)
    )


def _can_be_off(forms: tuple[Offer, ...]) -> bool:
    return forms[0].bill or any(form.minimum for form in forms)


class _Search:
    """Finds outcomes for one basket; keeps what it found for parts that come again."""

    def __init__(self, goods: Sequence[Good]) -> None:
        self._goods = goods
        self._effort = Effort(STEPS)
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], Choice] = {}
        self.is_exact = True

    def outcome(self, offers: Sequence[Offer]) -> Outcome:
        """The best there is with exactly these offers on, as if every minimum would be reached."""
        per_good = offers_on(self._goods, offers)
        components, alone = _components(self._goods, per_good)
        choice = Choice()
        for good in alone:
            _add_alone(choice, good, per_good)
        for component in components:
            choice.add(self._solved(component, per_good))
        _bill_the_rest(choice, self._goods, per_good)
        return outcome_of(choice, self._goods, offers)

    def by_settings(self, forms: Sequence[tuple[Offer, ...]]) -> list[Outcome]:
        """Outcomes with conditional promotions on and off, as far as they can be the best."""
        choices = [(*each, None) if _can_be_off(each) else each for each in forms]
        count = 1
        for each in choices:
            count *= len(each)
        if count > SETTINGS_LIMIT:
            self.is_exact = False
            return []
        rows = []
        for setting in product(*choices):
            offers = [offer for offer in setting if offer is not None]
            outcome = self.outcome(offers)
            rows.append((self._at_most(outcome, offers), offers, outcome))
        rows.sort(key=lambda row: -row[0])
        found: list[Outcome] = []
        best = -1
        for at_most, offers, outcome in rows:
            if at_most < best:
                break
            better = outcome if outcome.is_valid and outcome.is_full else self._traded(offers)
            if better is not None:
                found.append(better)
                best = max(best, better.total)
            if outcome.is_valid:
                found.append(outcome)
                best = max(best, outcome.total)
        return found

    def _at_most(self, outcome: Outcome, offers: Sequence[Offer]) -> int:
        """No outcome with these offers saves more than this."""
        by_units = sum(
            sum(shares.values())
            for promo_id, shares in outcome.by_offer.items()
            if not outcome.offers[promo_id].bill
        )
        return by_units + sum(offer.amount for offer in offers if offer.bill)

    def _traded(self, offers: Sequence[Offer]) -> Outcome | None:
        """The best with these offers on when their conditions are in each other's way."""
        conditional = tuple(offer for offer in offers if offer.minimum)
        slack = tuple(
            sum(good.value for good in self._goods if good.serves(offer)) - offer.minimum
            for offer in conditional
        )
        billed = tuple(offer for offer in offers if offer.bill)
        has_bundles = any(offer.bundle_price is not None for offer in offers)
        terms = Terms(conditional, slack, billed, has_bundles)
        per_good = offers_on(self._goods, offers)
        components, alone = _components(self._goods, per_good)
        for machine in (machine for component in components for machine in component.machines):
            machine.loose = machine.offer.pooled  # giving away a cheaper one may be worth it here
        weights = weights_of([good for good in self._goods if not good.closed], per_good)
        parts = [*components, *(Component([good], []) for good in alone)]
        try:
            settled = [(0, terms.start, Choice())]
            for part in parts:
                more = ways(part, per_good, terms, weights, self._effort)
                settled = joined(settled, more, terms, self._effort)
        except Exhausted:
            self.is_exact = False
            return None
        outcomes = (outcome_of(choice, self._goods, offers) for _, _, choice in settled)
        return min((each for each in outcomes if each.is_valid), key=lambda each: each.key, default=None)

    def _solved(self, component: Component, per_good: OffersByGood) -> Choice:
        offers = {id(offer): offer for good in component.goods for offer, _ in per_good[good.number]}
        key = (tuple(good.number for good in component.goods), tuple(offers))
        if key not in self._known:
            steps = min(STEPS_PER_COMPONENT, self._effort.left)
            effort = Effort(steps)
            try:
                self._known[key] = best_choice(component, per_good, effort)
            except Exhausted:
                self.is_exact = False
                able = [offer for offer in offers.values() if not offer.bill]
                self._known[key] = in_turn(component.goods, able, conditional=False)
            self._effort.left -= steps - max(0, effort.left)
        return self._known[key]


def _add_alone(choice: Choice, good: Good, per_good: OffersByGood) -> None:
    """A good that competes with no other: every unit does the same."""
    option = options_of(good, per_good[good.number], ())[0]
    for step in option.steps:
        if step.saving:
            members = (Member(good, 1, step.price),)
            choice.grants.append(Grant(step.offer, step.saving, members, good.count))
    if option.steps:
        (choice.stacked if option.is_open else choice.taken)[good.number] = good.count


def _bill_the_rest(choice: Choice, goods: Sequence[Good], per_good: OffersByGood) -> None:
    """Units that nothing else has taken serve the first offer on the bill that is not stackable."""
    for good in goods:
        if good.closed:
            continue
        billing = [o for o, _ in per_good[good.number] if o.bill and not o.promotion.stackable]
        units = good.count - choice.taken.get(good.number, 0) - choice.stacked.get(good.number, 0)
        if billing and units:
            choice.billed[good.number] = (billing[0], units)


def _components(goods: Sequence[Good], per_good: OffersByGood) -> tuple[list[Component], list[Good]]:
    """Goods joined by offers that look at several units; and the goods that compete with no other.

    Offers whose groups cannot be completed are taken out of `per_good`.
    """
    stocks: dict[int, tuple[Offer, list[tuple[Good, tuple[int, ...]]]]] = {}
    for good in goods:
        for offer, roles in per_good.get(good.number, ()):
            if offer.is_group or (offer.each and offer.promotion.max_uses_per_transaction is not None):
                stocks.setdefault(id(offer), (offer, []))[1].append((good, roles))
    machines: dict[int, Machine] = {}
    home: dict[int, int] = {}
    for key, (offer, stock) in stocks.items():
        machine = _machine(offer, stock, per_good)
        if machine is None:
            _withdraw(offer, stock, per_good)
        elif machine.counts_uses or offer.is_group:
            machines[key] = machine
            first = _root(home, stock[0][0].number)
            for good, _ in stock:
                home[_root(home, good.number)] = first
    alone = [good for good in goods if not good.closed and good.number not in home]
    groups: dict[int, Component] = {}
    for good in goods:
        if good.number in home:
            groups.setdefault(_root(home, good.number), Component([], [])).goods.append(good)
    for key, machine in machines.items():
        groups[_root(home, stocks[key][1][0][0].number)].machines.append(machine)
    for component in groups.values():
        component.goods = ordered(component.goods, per_good)
        component.machines.sort(key=lambda machine: machine.offer.rank)
    return list(groups.values()), alone


def _root(home: dict[int, int], number: int) -> int:
    home.setdefault(number, number)
    while home[number] != number:
        home[number] = home[home[number]]
        number = home[number]
    return number


def _machine(
    offer: Offer, stock: Sequence[tuple[Good, tuple[int, ...]]], per_good: OffersByGood
) -> Machine | None:
    """What counts this offer's sets, or None when there are too few units for one."""
    limit = offer.promotion.max_uses_per_transaction
    if offer.each:
        units = sum(good.count for good, _ in stock)
        assert limit is not None, "an offer off each unit is counted only when its uses are limited"
        return Machine(offer, (1,), limit, counts_uses=limit < units)
    if offer.pooled:
        most = sum(good.count for good, _ in stock) // sum(offer.quantities)
    else:
        most = min(
            sum(good.count for good, roles in stock if role in roles) // need
            for role, need in enumerate(offer.quantities)
        )
    if not most:
        return None
    counts = limit is not None and limit < most
    loose = (
        offer.pooled
        and offer.promotion.stackable
        and any(
            other is not offer and other.promotion.stackable and not other.bill
            for good, _ in stock
            for other, _ in per_good[good.number]
        )
    )
    return Machine(offer, offer.quantities, limit if counts and limit else most, counts, loose)


def _withdraw(offer: Offer, stock: Sequence[tuple[Good, tuple[int, ...]]], per_good: OffersByGood) -> None:
    for good, _ in stock:
        per_good[good.number] = [each for each in per_good[good.number] if each[0] is not offer]
