"""py-clob-client-v2, unmodified, through its public interface."""

import time
import unittest

from eth_account import Account
from py_clob_client_v2.client import ClobClient
from py_clob_client_v2.clob_types import (
    ApiCreds,
    AssetType,
    BalanceAllowanceParams,
    BookParams,
    BuilderTradeParams,
    DropNotificationParams,
    MarketOrderArgsV2,
    OpenOrderParams,
    OrderArgsV2,
    OrderMarketCancelParams,
    OrderPayload,
    OrderScoringParams,
    OrdersScoringParams,
    OrderType,
    PartialCreateOrderOptions,
    PostOrdersV2Args,
    PricesHistoryParams,
    TradeParams,
)
from py_clob_client_v2.exceptions import PolyApiException

import venue


def trader(**options) -> ClobClient:
    """A wallet of its own, with a key."""
    client = ClobClient(venue.URL, venue.CHAIN, key=venue.new_key(), **options)
    client.set_api_creds(client.create_or_derive_api_key())
    return client


def dealt(client: ClobClient, **order):
    """What a market order came to; asked again while the book has just moved away from its price."""

    def attempt():
        try:
            return client.create_and_post_market_order(MarketOrderArgsV2(**order), order_type=OrderType.FAK)
        except PolyApiException as refused:
            if "no orders found to match with FAK order" not in str(refused.error_msg):
                raise
            return None

    return venue.until("a market order that finds something", attempt)


class Refusals(unittest.TestCase):
    def refused(self, status: int, text: str, call, *arguments, **named):
        with self.assertRaises(PolyApiException) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.status_code, status, caught.exception)
        self.assertIn(text, str(caught.exception.error_msg))


class Keys(Refusals):
    def test_a_new_wallet_creates_a_key_and_derives_the_same_one(self):
        client = ClobClient(venue.URL, venue.CHAIN, key=venue.new_key())
        made = client.create_api_key()
        self.assertEqual(len(made.api_secret), 44)
        self.assertEqual(client.derive_api_key(), made)
        self.refused(400, "Could not create api key", client.create_api_key)
        client.set_api_creds(made)
        self.assertEqual(client.get_api_keys()["apiKeys"], [made.api_key])

    def test_each_nonce_has_a_key_of_its_own_and_an_unknown_one_has_none(self):
        client = ClobClient(venue.URL, venue.CHAIN, key=venue.new_key())
        first, second = client.create_api_key(nonce=0), client.create_api_key(nonce=7)
        self.assertNotEqual(first.api_key, second.api_key)
        self.assertEqual(client.derive_api_key(nonce=7), second)
        self.refused(400, "Could not derive api key!", client.derive_api_key, nonce=8)
        client.set_api_creds(second)
        self.assertEqual(sorted(client.get_api_keys()["apiKeys"]), sorted([first.api_key, second.api_key]))

    def test_a_deleted_key_opens_nothing(self):
        client = trader()
        client.delete_api_key()
        self.refused(401, "Unauthorized/Invalid api key", client.get_open_orders)
        self.refused(400, "Could not derive api key!", client.derive_api_key)

    def test_a_signature_of_another_wallet_makes_no_key(self):
        client = ClobClient(venue.URL, venue.CHAIN, key=venue.new_key())
        other = Account.create()
        client.signer.address = lambda: other.address
        self.refused(401, "Invalid L1 Request headers", client.create_api_key)

    def test_wrong_secrets_passphrases_and_keys_are_refused(self):
        client = trader()
        good = client.creds
        wrong = good.api_secret[:4] + ("A" if good.api_secret[4] != "A" else "B") + good.api_secret[5:]
        for creds in [
            ApiCreds(api_key=good.api_key, api_secret=wrong, api_passphrase=good.api_passphrase),
            ApiCreds(api_key=good.api_key, api_secret=good.api_secret, api_passphrase="guess"),
            ApiCreds(api_key="00000000-0000-4000-8000-00000000abcd", api_secret=good.api_secret, api_passphrase=good.api_passphrase),
        ]:
            client.set_api_creds(creds)
            self.refused(401, "Unauthorized/Invalid api key", client.get_open_orders)
        client.set_api_creds(good)
        self.assertEqual(client.get_open_orders(), [])

    def test_the_servers_time_signs_as_well(self):
        client = trader(use_server_time=True)
        self.assertEqual(client.get_open_orders(), [])
        self.assertFalse(client.get_closed_only_mode()["closed_only"])


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = ClobClient(venue.URL, venue.CHAIN)
        cls.market = venue.question()

    def test_the_venue_says_it_is_well_what_time_it_is_and_its_version(self):
        self.assertEqual(self.client.get_ok(), "OK")
        self.assertLess(abs(self.client.get_server_time() - time.time()), 60)
        self.assertEqual(self.client.get_version(), 2)

    def test_a_book_hashes_to_the_hash_it_names(self):
        def look():
            book = self.client.get_order_book(self.market.tokens[0])
            return book if book["bids"] and book["asks"] else None

        book = venue.until("a book with both sides", look)
        prices = [float(level["price"]) for level in book["bids"]]
        self.assertEqual(prices, sorted(prices))
        prices = [float(level["price"]) for level in book["asks"]]
        self.assertEqual(prices, sorted(prices, reverse=True))
        from py_clob_client_v2.utilities import parse_raw_orderbook_summary

        named = book["hash"]
        self.assertEqual(self.client.get_order_book_hash(parse_raw_orderbook_summary(book)), named)

    def test_one_book_and_many_agree(self):
        books = self.client.get_order_books([BookParams(token_id=token) for token in self.market.tokens])
        self.assertEqual({book["asset_id"] for book in books}, set(self.market.tokens))

    def test_prices_of_one_token_and_of_many_agree(self):
        token = self.market.tokens[0]

        def look():
            bid = self.client.get_price(token, "BUY")["price"]
            ask = self.client.get_price(token, "SELL")["price"]
            middle = self.client.get_midpoint(token)["mid"]
            spread = self.client.get_spread(token)["spread"]
            both = [BookParams(token_id=token, side="BUY"), BookParams(token_id=token, side="SELL")]
            prices = self.client.get_prices(both)[token]
            middles = self.client.get_midpoints([BookParams(token_id=token)])
            spreads = self.client.get_spreads([BookParams(token_id=token)])
            same = prices == {"BUY": bid, "SELL": ask} and middles == {token: middle} and spreads == {token: spread}
            return same and bid < ask

        # The market moves between two questions.
        venue.until("one moment in which all answers agree", look)

    def test_last_prices_name_a_side_or_none(self):
        one = self.client.get_last_trade_price(self.market.tokens[0])
        self.assertIn(one["side"], ["BUY", "SELL", ""])
        many = self.client.get_last_trades_prices([BookParams(token_id=token) for token in self.market.tokens])
        self.assertLessEqual(len(many), 2)
        for row in many:
            self.assertIn(row["token_id"], self.market.tokens)
            self.assertIn(row["side"], ["BUY", "SELL"])

    def test_what_a_market_demands_is_the_same_everywhere(self):
        token = self.market.tokens[0]
        info = self.client.get_clob_market_info(self.market.condition)
        self.assertEqual([entry["t"] for entry in info["t"]], self.market.tokens)
        self.assertEqual(float(self.client.get_tick_size(token)), float(info["mts"]))
        self.assertEqual(self.client.get_neg_risk(token), info.get("nr", False))
        self.assertIn(self.client.get_fee_rate_bps(token), [0, 1000])
        self.assertEqual(self.client.get_fee_exponent(token), 1)
        long = self.client.get_market(self.market.condition)
        self.assertEqual([entry["token_id"] for entry in long["tokens"]], self.market.tokens)
        self.assertEqual(float(long["minimum_tick_size"]), float(info["mts"]))
        self.assertTrue(long["accepting_orders"])

    def test_lists_of_markets_end(self):
        for call in [
            self.client.get_markets,
            self.client.get_simplified_markets,
            self.client.get_sampling_markets,
            self.client.get_sampling_simplified_markets,
        ]:
            conditions, cursor, pages = [], "MA==", 0
            while cursor != "LTE=":
                page = call(next_cursor=cursor)
                self.assertEqual(page["count"], len(page["data"]))
                conditions += [row["condition_id"] for row in page["data"]]
                cursor = page["next_cursor"]
                pages += 1
                self.assertLess(pages, 100)
            self.assertEqual(len(conditions), len(set(conditions)))
            self.assertIn(self.market.condition, conditions)

    def test_the_history_of_a_price_is_in_order(self):
        def look():
            return self.client.get_prices_history(PricesHistoryParams(market=self.market.tokens[0], interval="max", fidelity=1))["history"]

        history = venue.until("a history", look, 90)
        moments = [point["t"] for point in history]
        self.assertEqual(moments, sorted(moments))
        self.assertTrue(all(0 <= point["p"] <= 1 for point in history))

    def test_what_does_not_exist_is_not_found(self):
        for call, text in [
            (lambda: self.client.get_order_book("1"), "No orderbook exists for the requested token id"),
            (lambda: self.client.get_market("0x" + "00" * 32), "market not found"),
        ]:
            with self.assertRaises(PolyApiException) as caught:
                call()
            self.assertEqual(caught.exception.status_code, 404)
            self.assertIn(text, str(caught.exception.error_msg))

    def test_rewards_rebates_and_builders_are_empty_but_answer(self):
        self.assertEqual(self.client.get_current_rewards(), [])
        self.assertEqual(self.client.get_raw_rewards_for_market(self.market.condition), [])
        self.assertEqual(self.client.get_builder_trades(BuilderTradeParams(builder_code="0x" + "11" * 32))["trades"], [])
        self.assertIsInstance(self.client.get_market_trades_events(self.market.condition), list)


class Orders(Refusals):
    def setUp(self):
        self.client = trader()
        self.market = venue.question()
        self.token = self.market.tokens[0]
        self.addCleanup(self.client.cancel_all)

    def low(self, size: float = 10, price: float = 0.02):
        """A bid far below the market."""
        return OrderArgsV2(token_id=self.token, price=price, size=size, side="BUY")

    def test_a_resting_order_is_read_back_by_id_and_in_the_list_and_stands_in_the_truth_log(self):
        placed = self.client.create_and_post_order(self.low())
        self.assertEqual((placed["status"], placed["success"], placed["errorMsg"]), ("live", True, ""))
        order = self.client.get_order(placed["orderID"])
        self.assertEqual((order["status"], order["price"], order["original_size"], order["side"]), ("LIVE", "0.02", "10", "BUY"))
        self.assertEqual(order["maker_address"].lower(), self.client.get_address().lower())
        self.assertEqual(order["owner"], self.client.creds.api_key)
        for params in [None, OpenOrderParams(id=placed["orderID"]), OpenOrderParams(market=self.market.condition), OpenOrderParams(asset_id=self.token)]:
            self.assertEqual([entry["id"] for entry in self.client.get_open_orders(params)], [placed["orderID"]])
        self.assertEqual(self.client.get_open_orders(OpenOrderParams(asset_id=self.market.tokens[1])), [])
        self.assertEqual(len(venue.truth("order", order=placed["orderID"])), 1)
        self.assertEqual(self.client.get_pre_migration_orders(), [])

    def test_an_order_rests_until_its_hour_or_its_minute(self):
        with self.assertRaises(PolyApiException):
            args = self.low()
            args.expiration = int(time.time()) + 30
            self.client.create_and_post_order(args, order_type=OrderType.GTD)
        args = self.low()
        args.expiration = int(time.time()) + 3600
        placed = self.client.create_and_post_order(args, order_type=OrderType.GTD)
        self.assertEqual(self.client.get_order(placed["orderID"])["expiration"], str(args.expiration))

    def test_post_only_rests_and_never_crosses(self):
        self.assertEqual(self.client.create_and_post_order(self.low(), post_only=True)["status"], "live")
        crossing = OrderArgsV2(token_id=self.token, price=0.97, size=10, side="BUY")
        self.refused(400, "invalid post-only order: order crosses book", self.client.create_and_post_order, crossing, post_only=True)

    def test_a_market_order_trades_is_paid_and_read_back(self):
        before = int(self.client.get_balance_allowance(BalanceAllowanceParams(asset_type=AssetType.COLLATERAL))["balance"])
        self.assertEqual(before, 1_000_000_000)
        bought = dealt(self.client, token_id=self.token, amount=5, side="BUY")
        self.assertEqual(bought["status"], "matched")
        self.assertEqual(len(bought["transactionsHashes"]), len(bought["tradeIDs"]))
        shares = float(bought["takingAmount"])
        self.assertGreater(shares, 5)
        trades = self.client.get_trades(TradeParams(asset_id=self.token))
        self.assertEqual(sorted(trade["id"] for trade in trades), sorted(bought["tradeIDs"]))
        self.assertEqual({trade["trader_side"] for trade in trades}, {"TAKER"})
        held = int(self.client.get_balance_allowance(BalanceAllowanceParams(asset_type=AssetType.CONDITIONAL, token_id=self.token))["balance"])
        self.assertAlmostEqual(held / 1e6, shares, places=6)
        after = int(self.client.get_balance_allowance(BalanceAllowanceParams(asset_type=AssetType.COLLATERAL))["balance"])
        self.assertLess(after, before - 4_000_000)
        sold = dealt(self.client, token_id=self.token, amount=int(shares * 100) / 100, side="SELL")
        self.assertEqual(sold["status"], "matched")
        self.client.update_balance_allowance(BalanceAllowanceParams(asset_type=AssetType.COLLATERAL))
        page = self.client.get_trades_paginated(TradeParams(market=self.market.condition))
        self.assertEqual(page["count"], len(page["trades"]))

    def test_fill_or_kill_is_killed_when_the_book_is_too_thin(self):
        def more():
            """More than the best level has, and no more than the purse holds."""
            best = self.market.best()
            if not best:
                return None
            price, size = float(best[1]["price"]), int(float(best[1]["size"])) + 500
            return (price, size) if price * size < 900 else None

        price, size = venue.until("a best level that the purse can exceed", more, seconds=60)
        order = self.client.create_order(OrderArgsV2(token_id=self.token, price=price, size=size, side="BUY"))
        with self.assertRaises(PolyApiException) as caught:
            self.client.post_order(order, OrderType.FOK)
        self.assertIn(caught.exception.status_code, [400])

    def test_fill_and_kill_that_meets_nobody_says_so(self):
        order = self.client.create_order(self.low(size=100))
        self.refused(400, "no orders found to match with FAK order", self.client.post_order, order, OrderType.FAK)

    def test_a_batch_is_answered_entry_by_entry(self):
        good, poor = self.client.create_order(self.low()), self.client.create_order(self.low(size=1))
        answers = self.client.post_orders([PostOrdersV2Args(order=good, orderType=OrderType.GTC), PostOrdersV2Args(order=poor, orderType=OrderType.GTC)])
        self.assertEqual([answer["success"] for answer in answers], [True, False])
        self.assertIn("lower than the minimum", answers[1]["errorMsg"])
        many = [PostOrdersV2Args(order=self.client.create_order(self.low()), orderType=OrderType.GTC) for _ in range(16)]
        self.refused(400, "Too many orders in payload: 16, max allowed: 15", self.client.post_orders, many)

    def test_cancels_of_every_form(self):
        ids = [self.client.create_and_post_order(self.low(size=10 + number))["orderID"] for number in range(6)]
        self.assertEqual(self.client.cancel_order(OrderPayload(orderID=ids[0]))["canceled"], [ids[0]])
        again = self.client.cancel_order(OrderPayload(orderID=ids[0]))
        self.assertEqual(again["canceled"], [])
        self.assertEqual(again["not_canceled"][ids[0]], "order can't be found - already canceled or matched")
        self.assertEqual(sorted(self.client.cancel_orders(ids[1:3])["canceled"]), sorted(ids[1:3]))
        self.assertEqual(self.client.cancel_market_orders(OrderMarketCancelParams(asset_id=self.market.tokens[1]))["canceled"], [])
        other = OrderArgsV2(token_id=self.market.tokens[1], price=0.02, size=10, side="BUY")
        ids.append(self.client.create_and_post_order(other)["orderID"])
        self.assertEqual(self.client.cancel_market_orders(OrderMarketCancelParams(asset_id=self.market.tokens[1]))["canceled"], [ids[6]])
        self.assertEqual(sorted(self.client.cancel_market_orders(OrderMarketCancelParams(market=self.market.condition))["canceled"]), sorted(ids[3:6]))
        self.client.create_and_post_order(self.low())
        self.assertEqual(len(self.client.cancel_all()["canceled"]), 1)
        self.assertEqual(self.client.get_open_orders(), [])
        self.assertEqual(self.client.get_order(ids[0])["status"], "CANCELED")

    def test_what_breaks_a_rule_is_refused_in_the_venues_words(self):
        self.refused(400, "lower than the minimum: 5", self.client.create_and_post_order, self.low(size=4))
        fine = self.client.create_order(OrderArgsV2(token_id=self.token, price=0.021, size=10, side="BUY"), PartialCreateOrderOptions(tick_size="0.01"))
        self.assertEqual(fine.makerAmount, "200000")
        poor = self.low(size=100_000)
        self.refused(400, "not enough balance / allowance", self.client.create_and_post_order, poor)
        naked = OrderArgsV2(token_id=self.token, price=0.97, size=10, side="SELL")
        self.refused(400, "not enough balance / allowance", self.client.create_and_post_order, naked)
        order = self.client.create_order(self.low())
        self.client.post_order(order)
        self.refused(400, "Duplicated", self.client.post_order, order)

    def test_an_off_grid_price_breaks_the_tick(self):
        client = self.client
        client.get_tick_size = lambda token: "0.001"
        order = client.create_order(OrderArgsV2(token_id=self.token, price=0.021, size=100, side="BUY"))
        self.refused(400, "breaks minimum tick size rule", client.post_order, order)

    def test_a_forged_signature_is_refused(self):
        order = self.client.create_order(self.low())
        signature = order.signature
        place = 20
        digit = "0" if signature[place] != "0" else "1"
        object.__setattr__(order, "signature", signature[:place] + digit + signature[place + 1 :])
        self.refused(400, "invalid signature", self.client.post_order, order)

    def test_an_order_of_another_owner_is_refused(self):
        other = trader()
        order = other.create_order(self.low())
        self.refused(400, "the order signer address has to be the address of the API KEY", self.client.post_order, order)

    def test_orders_of_one_wallet_are_hidden_from_another(self):
        placed = self.client.create_and_post_order(self.low())
        other = trader()
        with self.assertRaises(PolyApiException) as caught:
            other.get_order(placed["orderID"])
        self.assertEqual(caught.exception.status_code, 404)
        self.assertEqual(other.get_open_orders(), [])
        self.assertEqual(other.cancel_order(OrderPayload(orderID=placed["orderID"]))["canceled"], [])

    def test_two_wallets_trade_with_each_other(self):
        other = trader()
        best = self.market.best()
        bid, ask = float(best[0]["price"]), float(best[1]["price"])
        if ask - bid < 0.015:
            self.skipTest("no room between bid and ask")
        price = round(bid + 0.01, 2)
        maker = self.client.create_and_post_order(OrderArgsV2(token_id=self.token, price=price, size=20, side="BUY"), post_only=True)
        # Selling the one token is buying the other: the venue mints.
        taker = other.create_and_post_order(OrderArgsV2(token_id=self.market.tokens[1], price=round(1 - price, 2), size=20, side="BUY"))
        self.assertEqual(taker["status"], "matched")
        trade = other.get_trades(TradeParams(id=taker["tradeIDs"][0]))[0]
        mine = [entry for entry in trade["maker_orders"] if entry["order_id"] == maker["orderID"]]
        self.assertTrue(mine, trade)
        self.assertEqual((mine[0]["asset_id"], mine[0]["side"]), (self.token, "BUY"))
        self.assertEqual(float(mine[0]["price"]), price)

    def test_a_window_holds_takers_and_answers_afterwards(self):
        window = venue.window()
        begin = time.monotonic()
        answer = self.client.create_and_post_market_order(MarketOrderArgsV2(token_id=window.tokens[0], amount=2, side="BUY", price=0.99), order_type=OrderType.FAK, defer_exec=True)
        self.assertEqual(answer["status"], "matched")
        self.assertGreater(time.monotonic() - begin, 0.1)

    def test_heartbeats_go_on_with_the_id_they_were_given(self):
        first = self.client.post_heartbeat()["heartbeat_id"]
        second = self.client.post_heartbeat(first)["heartbeat_id"]
        self.assertNotEqual(first, second)
        with self.assertRaises(PolyApiException) as caught:
            self.client.post_heartbeat("nonsense")
        self.assertEqual(caught.exception.status_code, 400)
        self.assertEqual(caught.exception.error_msg["heartbeat_id"], second)

    def test_silence_after_a_heartbeat_cancels_everything(self):
        self.client.create_and_post_order(self.low())
        self.client.post_heartbeat()
        venue.until("the dead-man switch", lambda: self.client.get_open_orders() == [], 30)

    def test_notifications_and_scoring_answer(self):
        placed = self.client.create_and_post_order(self.low())
        self.assertIsInstance(self.client.get_notifications(), list)
        self.client.drop_notifications(DropNotificationParams(ids=["1", "2"]))
        self.assertIs(self.client.is_order_scoring(OrderScoringParams(orderId=placed["orderID"]))["scoring"], False)
        scoring = self.client.are_orders_scoring(OrdersScoringParams(orderIds=[placed["orderID"]]))
        self.assertEqual(list(scoring), [placed["orderID"]])


class Wallets(Refusals):
    """The four kinds of wallet: the order's maker is another address than the key's, or signs in another way."""

    def check(self, kind: int, funder: str, client: ClobClient):
        market = venue.question()
        balance = client.get_balance_allowance(BalanceAllowanceParams(asset_type=AssetType.COLLATERAL))
        self.assertEqual(balance["balance"], "1000000000")
        placed = client.create_and_post_order(OrderArgsV2(token_id=market.tokens[0], price=0.02, size=10, side="BUY"))
        order = client.get_order(placed["orderID"])
        self.assertEqual(order["maker_address"].lower(), funder.lower())
        self.assertEqual([entry["id"] for entry in client.get_open_orders()], [placed["orderID"]])
        bought = dealt(client, token_id=market.tokens[0], amount=3, side="BUY")
        self.assertEqual(bought["status"], "matched")
        self.assertEqual(client.cancel_all()["canceled"], [placed["orderID"]])

    def wallet(self, kind: int) -> tuple:
        from polymarket._internal.wallet import (
            derive_beacon_deposit_wallet_address as deposit,
            derive_proxy_wallet_address as proxy,
            derive_safe_wallet_address as safe,
        )
        from polymarket.environments import PRODUCTION

        key = venue.new_key()
        owner = Account.from_key(key).address
        derivation = PRODUCTION._config.wallet_derivation
        funder = {1: proxy, 2: safe, 3: deposit}[kind](owner, derivation)
        client = ClobClient(venue.URL, venue.CHAIN, key=key, signature_type=kind, funder=funder)
        client.set_api_creds(client.create_or_derive_api_key())
        return funder, client

    def test_a_proxy_wallet_trades(self):
        self.check(1, *self.wallet(1))

    def test_a_safe_trades(self):
        self.check(2, *self.wallet(2))

    def test_a_deposit_wallet_trades(self):
        self.check(3, *self.wallet(3))

    def test_a_maker_that_is_not_the_signers_wallet_is_refused(self):
        client = ClobClient(venue.URL, venue.CHAIN, key=venue.new_key(), signature_type=2, funder=Account.create().address)
        client.set_api_creds(client.create_or_derive_api_key())
        order = OrderArgsV2(token_id=venue.question().tokens[0], price=0.02, size=10, side="BUY")
        self.refused(400, "maker address not allowed, please use the deposit wallet flow", client.create_and_post_order, order)


if __name__ == "__main__":
    unittest.main()
