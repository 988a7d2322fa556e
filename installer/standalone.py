"""`everopen`: a whole chain on one box (`up`), and baskets sold through its real tills (`sell`)."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from importlib import resources
from pathlib import Path
from typing import Any

from installer.layout import (
    ChainOptions,
    Layout,
    StackNotFound,
    StackOptionsDiffer,
    check_ports,
    differing,
    store_ids_from,
)
from retail.calendar import zone_of
from retail.money import currency_of
from retail.refusal import Refusal


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the `everopen` command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="everopen", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start head office and its stores on this box, until Ctrl-C")
    up.add_argument("--data", type=Path, required=True, help="directory that holds everything; made if new")
    up.add_argument("--hq-port", type=int, help="port of head office (8000)")
    up.add_argument("--hub-port", type=int, help="port of the first hub, the others count up (8100)")
    up.add_argument("--stores", help="how many stores, or their ids: 2 or 367,406 (2)")
    up.add_argument("--tills", type=int, help="tills per store (2)")
    up.add_argument("--timezone", help="IANA zone of the stores (Asia/Ho_Chi_Minh)")
    up.add_argument("--currency", help="ISO 4217 code (VND)")
    up.add_argument("--prices-include-tax", action=argparse.BooleanOptionalAction, help="(yes)")
    what = up.add_mutually_exclusive_group()
    what.add_argument(
        "--catalog", type=Path, metavar="CSV", help="catalogue to start with (the demo chain's)"
    )
    what.add_argument("--empty", action="store_true", help="start without any products")
    up.set_defaults(run=_up)

    sell = commands.add_parser("sell", help="sell baskets of a CSV through the tills of a running stack")
    sell.add_argument("--data", type=Path, required=True, help="the directory `everopen up` runs in")
    sell.add_argument("--baskets", type=Path, required=True, metavar="CSV")
    sell.add_argument("--store", metavar="ID", help="only this store's baskets (all stores of the stack)")
    sell.add_argument("--tills", type=int, help="tills per store (those the stack was started with)")
    sell.add_argument("--speed", default="max", help="times real time, or max (max)")
    sell.set_defaults(run=_sell)
    return parser


def _up(options: argparse.Namespace) -> int:
    from installer.postgres import PostgresWouldNotStart
    from installer.provisioning import ProvisioningRefused
    from installer.stack import StackWouldNotStart, on_signals

    try:
        stack = _stack_of(options)
    except (ValueError, StackOptionsDiffer, Refusal, OSError) as refused:
        return _refused(refused)
    stop = threading.Event()
    on_signals(stop)
    try:
        ready = stack.start()
        print(json.dumps(ready, ensure_ascii=False), flush=True)
        stack.watch(stop)
        return 0
    except (StackWouldNotStart, ProvisioningRefused, PostgresWouldNotStart) as failed:
        return _refused(failed, code=1)
    finally:
        stack.stop()


def _stack_of(options: argparse.Namespace) -> Any:
    import os

    from installer.stack import Servers, Stack, demo_customers, demo_promotions, new_plan

    layout = Layout(options.data)
    layout.make()
    layout.claim()
    plan = layout.read_plan()
    chain = _chain_options(options, plan.chain if plan else ChainOptions())
    stores = store_ids_from(options.stores) if options.stores else None
    if options.tills is not None and not 1 <= options.tills <= 50:
        raise ValueError("--tills takes 1 to 50 tills per store")
    if options.catalog is not None and not options.catalog.is_file():
        raise ValueError(f"--catalog: there is no file {options.catalog}")
    if plan is None:
        plan = new_plan(
            chain,
            hq_port=8000 if options.hq_port is None else options.hq_port,
            hub_port=8100 if options.hub_port is None else options.hub_port,
            store_ids=stores or store_ids_from("2"),
            tills=options.tills or 2,
            demo_catalogue=options.catalog is None and not options.empty,
        )
    else:
        differing(plan, chain, ("timezone", "currency", "prices_include_tax"))
        plan.hq_port = plan.hq_port if options.hq_port is None else options.hq_port
        plan.hub_port = plan.hub_port if options.hub_port is None else options.hub_port
        plan.tills = max(plan.tills, options.tills or 0)
        added = [store_id for store_id in stores or [] if store_id not in plan.store_ids]
        plan.store_ids += added
        plan.chain_set_up = plan.chain_set_up and not added
    check_ports(plan.hq_port, plan.hub_port, len(plan.store_ids))
    layout.write_plan(plan)
    demo = options.catalog is None and plan.demo_catalogue and not plan.chain_set_up
    return Stack(
        layout,
        plan,
        catalogue=_catalogue(options, demo),
        # Their amounts are đồng, as the demo chain's prices are.
        promotions=demo_promotions() if demo and plan.chain.currency == "VND" else (),
        customers=demo_customers() if demo and plan.chain.currency == "VND" else {},
        servers=Servers(os.environ.get("HQ_DATABASE_URL"), os.environ.get("STOREHUB_DATABASE_URL")),
    )


def _chain_options(options: argparse.Namespace, otherwise: ChainOptions) -> ChainOptions:
    chain = ChainOptions(
        options.timezone or otherwise.timezone,
        options.currency or otherwise.currency,
        otherwise.prices_include_tax if options.prices_include_tax is None else options.prices_include_tax,
    )
    zone_of(chain.timezone)
    currency_of(chain.currency)
    return chain


def _catalogue(options: argparse.Namespace, demo: bool) -> Path | None:
    """The catalogue to import: the one asked for, else the demo chain's where it is due, else none."""
    if options.catalog is not None:
        file: Path = options.catalog
        return file
    if not demo:
        return None
    with resources.as_file(resources.files("resources") / "demo" / "catalogue.csv") as shipped:
        return shipped


def _sell(options: argparse.Namespace) -> int:
    from installer.baskets import BasketFileBroken
    from installer.provisioning import ProvisioningRefused
    from installer.replay import speed_from
    from installer.selling import Replay, SellingFailed

    try:
        replay = Replay(
            Layout(options.data),
            options.baskets,
            store_id=options.store,
            tills=options.tills,
            speed=speed_from(options.speed),
        )
        print(json.dumps(replay.run()), flush=True)
        return 0
    except (StackNotFound, BasketFileBroken, ValueError) as refused:
        return _refused(refused)
    except (SellingFailed, ProvisioningRefused) as failed:
        return _refused(failed, code=1)


def _refused(reason: Exception, code: int = 2) -> int:
    print(f"everopen: {reason}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
