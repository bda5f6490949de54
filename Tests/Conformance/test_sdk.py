"""polymarket-client, unmodified. Only its hosts are those of the simulated venue: the package offers no public way to name others."""

import asyncio
import dataclasses
import time
import unittest
from decimal import Decimal

from eth_abi import encode
from eth_account import Account
from eth_utils import keccak
from polymarket._internal.actions.relayer.calls import TransactionCall, split_position_call
from polymarket._internal.wallet import derive_proxy_wallet_address, derive_safe_wallet_address
from polymarket.auth import RelayerApiKey
from polymarket.clients.async_public import AsyncPublicClient
from polymarket.clients.async_secure import AsyncSecureClient
from polymarket.clients.public import PublicClient
from polymarket.clients.secure import SecureClient
from polymarket.environments import PRODUCTION, _create_environment
from polymarket.errors import RateLimitError, RequestRejectedError, TransactionFailedError, UserInputError
from polymarket.streams import CryptoPriceSpec, CryptoTwapPriceSpec, MarketSpec, UserSpec

import venue

SOCKET = venue.URL.replace("http://", "ws://")
HERE = _create_environment(
    name="simulated",
    config=dataclasses.replace(
        PRODUCTION._config,
        clob_url=venue.URL,
        gamma_url=venue.URL,
        data_url=venue.URL,
        relayer_url=venue.URL,
        rpc_url=venue.URL,
        clob_market_ws_url=SOCKET + "/ws/market",
        clob_user_ws_url=SOCKET + "/ws/user",
        rtds_ws_url=SOCKET + "/rtds",
        realtime_ws_url=SOCKET + "/ws",
        relayer_poll_frequency_ms=50,
    ),
)


def trader() -> SecureClient:
    key = venue.new_key()
    return SecureClient.create(private_key=key, wallet=Account.from_key(key).address, environment=HERE)


def bought(client, **order):
    """What a market order bought; asked again while the book has just moved away from its price."""

    def attempt():
        try:
            return client.place_market_order(side="BUY", **order)
        except RequestRejectedError as refused:
            if "no orders found to match with FAK order" not in str(refused):
                raise
            return None

    return venue.until("a market order that finds something", attempt)


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = PublicClient(environment=HERE)
        cls.addClassCleanup(cls.client.close)
        cls.market = venue.question()

    def test_markets_and_events_are_found_by_slug_and_in_lists(self):
        market = self.client.get_market(slug=self.market.slug)
        self.assertEqual([market.outcomes.yes.token_id, market.outcomes.no.token_id], self.market.tokens)
        self.assertEqual(self.client.get_market(id=market.id).slug, market.slug)
        page = next(iter(self.client.list_markets(closed=False, page_size=3)))
        self.assertEqual(len(page.items), 3)
        found = [entry.slug for page in self.client.list_markets(slug=[self.market.slug], page_size=10) for entry in page.items]
        self.assertEqual(found, [self.market.slug])
        window = venue.window()
        event = self.client.get_event(slug=window.slug)
        self.assertEqual([entry.slug for entry in event.markets], [window.slug])
        self.assertEqual(self.client.get_event(id=event.id).slug, event.slug)

    def test_every_listed_market_reads_without_loss(self):
        slugs = [entry.slug for page in self.client.list_markets(page_size=100) for entry in page.items]
        listed = [row["slug"] for row in venue.gamma_markets()]
        self.assertGreater(len(slugs), 10)
        self.assertLessEqual(set(listed) - set(slugs), set())
        events = [entry for page in self.client.list_events(page_size=100) for entry in page.items]
        self.assertEqual(sorted(market.slug for event in events for market in event.markets), sorted(slugs))

    def test_books_prices_and_histories(self):
        token = self.market.tokens[0]
        book = self.client.get_order_book(token_id=token)
        self.assertEqual(book.token_id, token)
        self.assertEqual(len(self.client.get_order_books(token_ids=self.market.tokens)), 2)
        bid, ask = self.client.get_price(token_id=token, side="BUY"), self.client.get_price(token_id=token, side="SELL")
        self.assertLess(bid, ask + Decimal("0.05"))
        self.assertIn(token, self.client.get_midpoints(token_ids=[token]))
        self.assertGreater(self.client.get_midpoint(token_id=token), 0)
        self.assertGreater(self.client.get_spread(token_id=token), 0)
        self.assertIn(token, self.client.get_spreads(token_ids=[token]))
        self.client.get_last_trade_price(token_id=token)
        self.client.get_last_trade_prices(token_ids=self.market.tokens)
        self.assertGreater(self.client.estimate_market_price(token_id=token, side="BUY", amount=5), 0)


class Orders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = trader()
        cls.addClassCleanup(cls.client.close)
        cls.market = venue.question()
        cls.token = cls.market.tokens[0]

    def tearDown(self):
        self.client.cancel_all()

    def low(self, size=10, **options):
        return self.client.place_limit_order(token_id=self.token, price="0.02", size=size, side="BUY", **options)

    def test_keys_are_derived_again_and_listed(self):
        key = venue.new_key()
        wallet = Account.from_key(key).address
        first = SecureClient.create(private_key=key, wallet=wallet, environment=HERE)
        second = SecureClient.create(private_key=key, wallet=wallet, environment=HERE)
        third = SecureClient.create(private_key=key, wallet=wallet, environment=HERE, credentials=first.credentials)
        self.assertEqual(first.credentials, second.credentials)
        self.assertEqual(third.fetch_api_keys(), (first.credentials.key,))
        self.assertFalse(third.get_closed_only_mode())
        for client in [first, second, third]:
            client.close()

    def test_builder_keys_are_made_listed_and_revoked_by_themselves(self):
        first = self.client.create_builder_api_key()
        second = self.client.create_builder_api_key()
        listed = self.client.fetch_builder_api_keys()
        self.assertEqual([entry.key for entry in listed], [first.key, second.key])
        self.assertAlmostEqual(listed[0].created_at.timestamp(), time.time(), delta=10)
        key = venue.new_key()
        builder = SecureClient.create(
            private_key=key, wallet=Account.from_key(key).address, environment=HERE, api_key=first
        )
        self.addCleanup(builder.close)
        builder.revoke_builder_api_key()
        self.assertEqual([entry.revoked_at is None for entry in self.client.fetch_builder_api_keys()], [False, True])
        with self.assertRaises(RequestRejectedError):
            builder.revoke_builder_api_key()

    def test_a_limit_order_rests_is_read_back_and_cancelled(self):
        placed = self.low()
        self.assertTrue(placed.ok, placed)
        self.assertEqual(placed.status, "live")
        order = self.client.get_order(order_id=placed.order_id)
        self.assertEqual((order.price, order.original_size, order.status), (Decimal("0.02"), Decimal(10), "LIVE"))
        listed = [entry.id for page in self.client.list_open_orders() for entry in page.items]
        self.assertEqual(listed, [placed.order_id])
        self.assertEqual(list(self.client.cancel_order(order_id=placed.order_id).canceled), [placed.order_id])
        self.assertEqual(len(venue.truth("order", order=placed.order_id)), 1)

    def test_good_till_date_and_post_only(self):
        placed = self.low(expiration=int(time.time()) + 600)
        self.assertEqual(placed.status, "live")
        self.assertEqual(self.low(post_only=True).status, "live")

    def test_a_market_order_trades_and_settles(self):
        balance = self.client.get_balance_allowance(asset_type="COLLATERAL").balance
        placed = bought(self.client, token_id=self.token, amount=4)
        self.assertTrue(placed.ok, placed)
        self.assertEqual(placed.status, "matched")
        self.client.wait_for_order_fill_settlement(placed)
        held = self.client.get_balance_allowance(asset_type="CONDITIONAL", token_id=self.token).balance
        self.assertEqual(Decimal(held), placed.taking_amount * 1_000_000)
        self.assertLess(self.client.get_balance_allowance(asset_type="COLLATERAL").balance, balance)
        trades = [trade for page in self.client.list_account_trades(token_id=self.token) for trade in page.items]
        self.assertEqual(sorted(trade.id for trade in trades), sorted(placed.trade_ids))
        sold = self.client.place_market_order(token_id=self.token, side="SELL", shares=placed.taking_amount.quantize(Decimal("0.01"), rounding="ROUND_DOWN"))
        self.assertEqual(sold.status, "matched")

    def test_batches_and_cancels(self):
        signed = [self.client.create_limit_order(token_id=self.token, price="0.02", size=10 + number, side="BUY") for number in range(3)]
        answers = self.client.post_orders(signed)
        self.assertEqual([answer.status for answer in answers], ["live"] * 3)
        ids = [answer.order_id for answer in answers]
        self.assertEqual(list(self.client.cancel_orders(order_ids=ids[:1]).canceled), ids[:1])
        gone = self.client.cancel_market_orders(market=self.market.condition).canceled
        self.assertEqual(sorted(gone), sorted(ids[1:]))

    def test_refusals_are_told_in_the_venues_words(self):
        with self.assertRaises(RequestRejectedError) as caught:
            self.low(size=4)
        self.assertIn("lower than the minimum", str(caught.exception))
        with self.assertRaises(RequestRejectedError) as caught:
            self.low(size=100_000)
        self.assertIn("not enough balance / allowance", str(caught.exception))
        with self.assertRaises(UserInputError):
            self.client.place_limit_order(token_id=self.token, price="0.0201", size=10, side="BUY")

    def test_heartbeats_notifications_and_scoring(self):
        first = self.client.send_order_heartbeat()
        second = self.client.send_order_heartbeat(heartbeat_id=first.heartbeat_id)
        self.assertNotEqual(first.heartbeat_id, second.heartbeat_id)
        self.assertEqual(self.client.get_notifications(), ())
        placed = self.low()
        self.assertFalse(self.client.get_order_scoring(order_id=placed.order_id))

    def test_an_order_of_one_client_is_seen_by_the_other(self):
        from py_clob_client_v2.client import ClobClient
        from py_clob_client_v2.clob_types import ApiCreds, OrderPayload

        placed = self.low()
        other = ClobClient(venue.URL, venue.CHAIN, key=self.client._ctx.signer.key.hex(), creds=ApiCreds(
            api_key=self.client.credentials.key, api_secret=self.client.credentials.secret, api_passphrase=self.client.credentials.passphrase))
        self.assertEqual([order["id"] for order in other.get_open_orders()], [placed.order_id])
        other.cancel_order(OrderPayload(orderID=placed.order_id))
        self.assertEqual([entry for page in self.client.list_open_orders() for entry in page.items], [])


class Limits(unittest.TestCase):
    """What the venue says of a signer's rate, as the package itself reads it."""

    def setUp(self):
        self.market = venue.question()
        self.heard = []
        key = venue.new_key()
        self.client = SecureClient.create(
            private_key=key,
            wallet=Account.from_key(key).address,
            environment=HERE,
            on_rate_limit_update=self.heard.append,
        )
        self.addCleanup(self.client.close)
        self.addCleanup(venue.fetch, "/sim/throttle", {"percent": 0})

    def rest(self):
        return self.client.place_limit_order(token_id=self.market.tokens[0], price="0.02", size=10, side="BUY")

    def test_orders_and_cancels_announce_tier_and_tokens_each_of_its_own(self):
        self.rest()
        self.assertEqual(self.heard, [])
        venue.fetch("/sim/throttle", {"percent": 100, "tier": "gold"})
        self.rest()
        self.client.cancel_all()
        orders, cancels = self.heard
        self.assertEqual((orders.tier, orders.remaining, orders.warning), ("gold", 599, False))
        # One for the request and one for each of the two orders.
        self.assertEqual((cancels.tier, cancels.remaining), ("gold", 1197))
        self.assertAlmostEqual(orders.reset, time.time(), delta=5)

    def test_a_refusal_names_its_wait_and_a_venue_that_only_warns_refuses_nothing(self):
        venue.fetch("/sim/throttle", {"percent": 1})
        self.rest()
        with self.assertRaises(RateLimitError) as refused:
            self.rest()
        self.assertGreaterEqual(refused.exception.retry_after, 1)
        self.assertEqual(refused.exception.rate_limit.remaining, 0)
        venue.fetch("/sim/throttle", {"percent": 1, "warns": True})
        self.rest()
        self.rest()
        self.assertEqual([update.warning for update in self.heard[-2:]], [False, True])


class Data(unittest.TestCase):
    """What wallets did and hold. Public; it lags behind the matching engine."""

    @classmethod
    def setUpClass(cls):
        cls.client = trader()
        cls.addClassCleanup(cls.client.close)
        cls.market = venue.question()
        cls.token = cls.market.tokens[0]
        cls.bought = bought(cls.client, token_id=cls.token, amount=20)
        assert cls.bought.status == "matched", cls.bought
        venue.until("the trade shows", cls.trades)

    @classmethod
    def trades(cls):
        return [trade for page in cls.client.list_trades(user=cls.client.wallet) for trade in page.items]

    def test_trades_and_activity(self):
        trades = self.trades()
        self.assertEqual(sum(trade.size for trade in trades), self.bought.taking_amount)
        self.assertEqual({trade.asset_id for trade in trades}, {self.token})
        self.assertEqual({trade.condition_id for trade in trades}, {self.market.condition})
        kinds = [row.type for page in self.client.list_activity() for row in page.items]
        self.assertEqual(kinds, ["TRADE"] * len(trades) + ["DEPOSIT"])
        public = PublicClient(environment=HERE)
        self.addCleanup(public.close)
        pages = list(public.list_trades(condition_id=self.market.condition, taker_only=False, full_history=True, page_size=1))
        self.assertGreater(len(pages), 1)
        self.assertGreaterEqual(sum(len(page.items) for page in pages), 2 * len(trades))

    def test_positions_and_their_value(self):
        (position,) = [row for page in self.client.list_positions() for row in page.items]
        self.assertEqual((position.asset_id, position.current_size), (self.token, self.bought.taking_amount))
        self.assertEqual(position.entry_cost_usdc, self.bought.making_amount)
        self.assertEqual((position.status, position.redeemable, position.mergeable), ("OPEN", False, False))
        self.assertEqual(position.opposite_asset_id, self.market.tokens[1])
        self.assertAlmostEqual(self.client.get_portfolio_value().value, position.current_value, delta=2)
        held = [row for page in self.client.list_positions(condition_id=self.market.condition, user=None) for row in page.items]
        self.assertIn(self.client.wallet.lower(), [row.wallet.lower() for row in held])
        self.assertEqual([row for page in self.client.list_positions(status="CLOSED") for row in page.items], [])

    def test_holders_interest_and_volume(self):
        groups = [row for page in self.client.list_market_holders(condition_ids=self.market.condition, include_pnl=True) for row in page.items]
        self.assertEqual([group.asset_id for group in groups], self.market.tokens)
        mine = [holder for holder in groups[0].holders if holder.wallet.lower() == self.client.wallet.lower()]
        self.assertEqual([holder.amount for holder in mine], [self.bought.taking_amount])
        (interest,) = self.client.get_open_interests(condition_ids=self.market.condition)
        self.assertGreaterEqual(interest.value, self.bought.taking_amount)
        event = self.client.get_event(slug=self.market.row["events"][0]["slug"])
        volume = self.client.get_event_live_volume(event_ids=int(event.id))
        self.assertGreaterEqual(volume.taker_volume_total, self.bought.taking_amount)

    def test_tokens_and_price_history(self):
        references = self.client.get_token_references(asset_ids=self.market.tokens)
        self.assertEqual([row.outcome_index for row in references], [0, 1])
        self.assertEqual({row.market_slug for row in references}, {self.market.slug})
        points = [point for page in self.client.list_price_history(asset_id=self.token, interval="1h") for point in page.items]
        self.assertTrue(points)
        self.assertTrue(all(0 < point.price < 1 for point in points))

    def test_resolutions(self):
        (open_one,) = self.client.get_resolutions(condition_ids=self.market.condition)
        self.assertEqual((open_one.status, open_one.payouts, open_one.was_disputed), ("initialized", None, False))
        (same,) = self.client.get_resolutions(question_id=open_one.question_id)
        self.assertEqual(same.condition_id, self.market.condition)

    def test_standings_of_traders(self):
        board = [row for page in self.client.list_trader_leaderboard(window="all", sort_by="VOLUME") for row in page.items]
        self.assertEqual([row.rank for row in board], list(range(1, len(board) + 1)))
        self.assertEqual([row.volume for row in board], sorted((row.volume for row in board), reverse=True))
        own = self.client.get_trader_leaderboard_standing(window="all")
        self.assertEqual(own.volume, self.bought.taking_amount)
        self.assertEqual(self.client.get_user_volume(full_history=True).volume, self.bought.taking_amount)
        self.assertEqual(self.client.get_user_stats().traded_market_count, 1)
        self.assertEqual(self.client.get_user_pnl(interval="all", fidelity="1h").points[-1].trade_count, len(self.trades()))

    def test_the_biggest_winners(self):
        # None before a window ends; the venue's own tests wait for one.
        rows = [row for page in self.client.list_biggest_winners(window="all") for row in page.items]
        self.assertEqual([row.rank for row in rows], list(range(1, len(rows) + 1)))
        self.assertEqual([row.pnl for row in rows], sorted((row.pnl for row in rows), reverse=True))
        self.assertTrue(all(row.pnl > 0 and row.final_value == row.initial_value + row.pnl for row in rows))


class Chain(unittest.TestCase):
    """Splitting, merging and redeeming: a plain wallet by its own transactions, a deposit wallet through the relayer."""

    def holder(self, wallet=None, **options) -> SecureClient:
        key = venue.new_key()
        address = Account.from_key(key).address
        client = SecureClient.create(
            private_key=key, wallet=address if wallet is None else wallet(address), environment=HERE,
            api_key=RelayerApiKey(key="any", address=address), **options)
        self.addCleanup(client.close)
        return client

    def dollars(self, client: SecureClient) -> int:
        return int(client.get_balance_allowance(asset_type="COLLATERAL").balance)

    def held(self, client: SecureClient, token: str) -> int:
        return int(client.get_balance_allowance(asset_type="CONDITIONAL", token_id=token).balance)

    def there_and_back(self, client: SecureClient, market: venue.Market):
        before = self.dollars(client)
        client.split_position(condition_id=market.condition, amount=50_000_000).wait()
        self.assertEqual(self.dollars(client), before - 50_000_000)
        self.assertEqual([self.held(client, token) for token in market.tokens], [50_000_000] * 2)
        client.merge_positions(condition_id=market.condition, amount=20_000_000).wait()
        self.assertEqual([self.held(client, token) for token in market.tokens], [30_000_000] * 2)
        client.merge_positions(condition_id=market.condition, amount="max").wait()
        self.assertEqual(self.dollars(client), before)
        wallet = client.wallet.lower()
        venue.until("the activity shows", lambda: len([row for page in client.list_activity() for row in page.items]) == 4)
        kinds = [row.type for page in client.list_activity() for row in page.items]
        self.assertEqual(kinds, ["MERGE", "MERGE", "SPLIT", "DEPOSIT"])
        account = [entry["account"] for entry in venue.truth("account", address=wallet)][0]
        operations = [entry for entry in venue.truth("operation") if entry["account"] == account]
        self.assertEqual([entry["operation"] for entry in operations], ["split", "merge", "merge"])
        deltas = [entry["delta"] for entry in venue.truth("balance", account=account, asset="USD")]
        self.assertEqual(sum(deltas), self.dollars(client))

    def test_a_plain_wallet(self):
        self.there_and_back(self.holder(), venue.question(negRisk=False, version="v1"))

    def test_a_plain_wallet_on_protocol_v2(self):
        client, market = self.holder(), venue.question(version="v2")
        before = self.dollars(client)
        client.split_position(condition_id=market.condition, amount=10_000_000).wait()
        self.assertEqual(self.dollars(client), before - 10_000_000)
        client.merge_positions(condition_id=market.condition, amount="max").wait()
        self.assertEqual(self.dollars(client), before)

    def test_a_deposit_wallet_is_made_and_relayed(self):
        key = venue.new_key()
        client = SecureClient.create(
            private_key=key, environment=HERE, api_key=RelayerApiKey(key="any", address=Account.from_key(key).address))
        self.addCleanup(client.close)
        self.assertEqual(client.wallet_type, "DEPOSIT_WALLET")
        self.there_and_back(client, venue.question(negRisk=True))

    def test_a_proxy_and_a_safe_are_relayed(self):
        config = HERE._config.wallet_derivation
        for derive in [derive_proxy_wallet_address, derive_safe_wallet_address]:
            client = self.holder(lambda address: derive(address, config))
            self.there_and_back(client, venue.question(negRisk=False, version="v1"))

    def test_no_of_two_answers_becomes_a_dollar_and_yes_of_the_third(self):
        market = venue.question(negRisk=True)
        event = venue.fetch("/events/slug/" + market.row["events"][0]["slug"])
        markets = [venue.Market(row) for row in event["markets"]]
        self.assertEqual(len(markets), 3)
        config = HERE._config
        client = self.holder(lambda address: derive_safe_wallet_address(address, config.wallet_derivation))
        adapter = config.neg_risk_collateral_adapter
        # Several calls of a Safe go as one bundle: all of them happen, or none.
        client.execute_transaction(calls=[
            split_position_call(target=adapter, collateral=config.collateral_token, condition_id=entry.condition, amount=10_000_000)
            for entry in markets[:2]]).wait()
        before = self.dollars(client)
        call = keccak(b"convertPositions(bytes32,uint256,uint256)")[:4] + encode(
            ["bytes32", "uint256", "uint256"], [bytes.fromhex(event["negRiskMarketID"][2:]), 0b011, 10_000_000])
        client.execute_transaction(calls=[TransactionCall(to=adapter, data="0x" + call.hex())]).wait()
        self.assertEqual(self.dollars(client), before + 10_000_000)
        self.assertEqual([self.held(client, entry.tokens[1]) for entry in markets], [0, 0, 0])
        self.assertEqual([self.held(client, entry.tokens[0]) for entry in markets], [10_000_000] * 3)
        with self.assertRaises(TransactionFailedError):
            client.execute_transaction(calls=[
                split_position_call(target=adapter, collateral=config.collateral_token, condition_id=entry.condition, amount=amount)
                for entry, amount in [(markets[0], 1_000_000), (markets[1], 10**12)]]).wait()
        self.assertEqual(self.dollars(client), before + 10_000_000)

    def test_what_is_not_there_cannot_be_split_or_redeemed(self):
        client, market = self.holder(), venue.question(negRisk=False, version="v1")
        with self.assertRaises(TransactionFailedError):
            client.split_position(condition_id=market.condition, amount=10**12).wait()
        with self.assertRaises(UserInputError):
            client.redeem_positions(condition_id=market.condition)


class Generations(unittest.TestCase):
    """Negative-risk markets and markets of protocol v2: other contracts, another domain."""

    def trade(self, market: venue.Market):
        client = trader()
        self.addCleanup(client.close)
        placed = client.place_limit_order(token_id=market.tokens[0], price=str(market.tick), size=10, side="BUY")
        self.assertEqual(placed.status, "live")
        taken = bought(client, token_id=market.tokens[1], amount=3)
        self.assertEqual(taken.status, "matched", taken)

    def test_a_negative_risk_market(self):
        self.trade(venue.question(negRisk=True))

    def test_a_market_of_protocol_v2(self):
        market = venue.question(version="v2")
        self.trade(market)
        public = PublicClient(environment=HERE)
        self.addCleanup(public.close)
        self.assertEqual(public.get_market(slug=market.slug).version, "v2")


class Streams(unittest.IsolatedAsyncioTestCase):
    async def first(self, handle, wanted, seconds: float = 20):
        async def look():
            async for event in handle:
                if wanted(event):
                    return event
            raise AssertionError("the stream ended")

        return await asyncio.wait_for(look(), seconds)

    async def test_the_market_stream_tells_books_and_changes(self):
        client = AsyncPublicClient(environment=HERE)
        self.addAsyncCleanup(client.close)
        market = await asyncio.to_thread(venue.window)
        handle = await client.subscribe(MarketSpec(token_ids=market.tokens, custom_feature_enabled=True))
        self.addAsyncCleanup(handle.close)
        seen = set()
        await self.first(handle, lambda event: seen.add(event.type) or {"book", "price_change"} <= seen)

    async def test_the_user_stream_tells_orders_and_trades(self):
        key = venue.new_key()
        client = await AsyncSecureClient.create(private_key=key, wallet=Account.from_key(key).address, environment=HERE)
        self.addAsyncCleanup(client.close)
        market = await asyncio.to_thread(venue.question)
        handle = await client.subscribe(UserSpec(markets=[market.condition]))
        self.addAsyncCleanup(handle.close)
        placed = await client.place_limit_order(token_id=market.tokens[0], price="0.02", size=10, side="BUY")
        event = await self.first(handle, lambda event: event.type == "order")
        self.assertEqual(event.payload.id, placed.order_id)
        await client.place_market_order(token_id=market.tokens[0], side="BUY", amount=3)
        event = await self.first(handle, lambda event: event.type == "trade")
        self.assertEqual(event.payload.status, "MATCHED")
        await self.first(handle, lambda event: event.type == "trade" and event.payload.status == "CONFIRMED")
        await client.cancel_all()
        await self.first(handle, lambda event: event.type == "order" and event.payload.order_event_type == "CANCELLATION")

    async def test_the_price_stream_tells_spot_and_mean_after_their_last_minutes(self):
        key = venue.new_key()
        client = await AsyncSecureClient.create(private_key=key, wallet=Account.from_key(key).address, environment=HERE)
        self.addAsyncCleanup(client.close)
        for spec, topic in [(CryptoPriceSpec(symbols=["btcusd"]), "prices.crypto"), (CryptoTwapPriceSpec(symbols=["btcusd"]), "prices.crypto.twap")]:
            handle = await client.subscribe(spec)
            snapshot = await self.first(handle, lambda event: event.topic == topic)
            self.assertEqual(snapshot.type, "subscribe")
            self.assertGreater(len(snapshot.payload.data), 1)
            update = await self.first(handle, lambda event: event.type == "update")
            self.assertEqual(update.payload.symbol, "btcusd")
            self.assertGreater(update.payload.value, 1000)
            await handle.close()


if __name__ == "__main__":
    unittest.main()
