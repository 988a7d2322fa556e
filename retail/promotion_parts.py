"""Goods that compete for the same offers, apart from goods that do not."""

from __future__ import annotations

from collections.abc import Sequence

from retail.promotion_goods import Good, Key, OffersByGood
from retail.promotion_offer import Offer
from retail.promotion_options import Machine
from retail.promotion_search import Component

Stock = list[tuple[Good, tuple[int, ...]]]


def components_of(goods: Sequence[Good], per_good: OffersByGood) -> tuple[list[Component], list[Good]]:
    """Goods joined by offers that look at several units; and the goods that compete with no other.

    Offers whose groups cannot be completed are taken out of `per_good`.
    """
    machines, stocks = _machines(goods, per_good)
    home: dict[Key, Key] = {}
    for key in machines:
        stock = stocks[key][1]
        first = _root(home, stock[0][0].key)
        for good, _ in stock:
            home[_root(home, good.key)] = first
    alone = [good for good in goods if not good.closed and good.key not in home]
    groups: dict[Key, Component] = {}
    for good in goods:
        if good.key in home:
            groups.setdefault(_root(home, good.key), Component([], [])).goods.append(good)
    for key, machine in machines.items():
        groups[_root(home, stocks[key][1][0][0].key)].machines.append(machine)
    return list(groups.values()), alone


def _machines(
    goods: Sequence[Good], per_good: OffersByGood
) -> tuple[dict[int, Machine], dict[int, tuple[Offer, Stock]]]:
    """What counts the sets of each offer that needs it, and the goods of each; keyed by id of the offer."""
    stocks: dict[int, tuple[Offer, Stock]] = {}
    for good in goods:
        for offer, roles in per_good.get(good.key, ()):
            if offer.is_counted:
                stocks.setdefault(id(offer), (offer, []))[1].append((good, roles))
    machines: dict[int, Machine] = {}
    for key, (offer, stock) in stocks.items():
        machine = _machine(offer, stock)
        if machine is None:
            _withdraw(offer, stock, per_good)
        elif machine.counts_uses or offer.is_group:
            machines[key] = machine
    for key in _outdone(machines, stocks):
        _withdraw(*stocks[key], per_good)
        del machines[key]
    return machines, stocks


def _root(home: dict[Key, Key], key: Key) -> Key:
    home.setdefault(key, key)
    while home[key] != key:
        home[key] = home[home[key]]
        key = home[key]
    return key


def _outdone(machines: dict[int, Machine], stocks: dict[int, tuple[Offer, Stock]]) -> list[int]:
    """Groups that another, over at least the same goods, always beats: whatever they do it does better."""
    pools = {
        key: {good.key for good, _ in stocks[key][1]}
        for key, machine in machines.items()
        if machine.offer.pooled and not machine.offer.promotion.stackable
    }
    return [
        key
        for key, goods in pools.items()
        if any(
            other != key and goods <= others and _beats(machines[other], machines[key], stocks[key][1])
            for other, others in pools.items()
        )
    ]


def _beats(one: Machine, other: Machine, stock: Stock) -> bool:
    if one.quantities != other.quantities or one.counts_uses:
        return False
    is_before = one.offer.rank < other.offer.rank
    savings = ((one.offer.saving_on(g.price), other.offer.saving_on(g.price)) for g, _ in stock)
    return all(more > less or (more == less and is_before) for more, less in savings)


def _machine(offer: Offer, stock: Stock) -> Machine | None:
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
    return Machine(offer, offer.quantities, limit if counts and limit else most, counts)


def _withdraw(offer: Offer, stock: Stock, per_good: OffersByGood) -> None:
    for good, _ in stock:
        per_good[good.key] = [each for each in per_good[good.key] if each[0] is not offer]
