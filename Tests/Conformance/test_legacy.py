"""py-clob-client, the client of the first generation: it reads, and its orders are refused as production refuses them."""

import unittest

from py_clob_client.client import ClobClient
from py_clob_client.clob_types import BookParams, MarketOrderArgs, OrderArgs, OrderType
from py_clob_client.exceptions import PolyApiException

import venue


class Legacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = ClobClient(venue.URL, key=venue.new_key(), chain_id=venue.CHAIN)
        cls.client.set_api_creds(cls.client.create_or_derive_api_creds())
        cls.market = venue.question()
        cls.token = cls.market.tokens[0]

    def test_it_reads_books_prices_and_markets(self):
        self.assertEqual(self.client.get_ok(), "OK")
        self.assertGreater(self.client.get_server_time(), 1_700_000_000)
        book = self.client.get_order_book(self.token)
        self.assertEqual(book.asset_id, self.token)
        self.assertEqual(len(self.client.get_order_books([BookParams(token_id=token) for token in self.market.tokens])), 2)
        self.assertIn("price", self.client.get_price(self.token, "BUY"))
        self.assertIn("mid", self.client.get_midpoint(self.token))
        self.assertIn("spread", self.client.get_spread(self.token))
        self.assertEqual(self.client.get_market(self.market.condition)["condition_id"], self.market.condition)
        self.assertGreater(len(self.client.get_simplified_markets()["data"]), 5)

    def test_it_reads_its_own_empty_lists(self):
        self.assertEqual(self.client.get_orders(), [])
        self.assertEqual(self.client.get_trades(), [])
        self.assertEqual(len(self.client.get_api_keys()["apiKeys"]), 1)

    def test_its_orders_are_refused_for_their_version(self):
        limit = self.client.create_order(OrderArgs(token_id=self.token, price=0.02, size=10, side="BUY"))
        market = self.client.create_market_order(MarketOrderArgs(token_id=self.token, amount=3, side="BUY"))
        for order, kind in [(limit, OrderType.GTC), (market, OrderType.FOK)]:
            with self.assertRaises(PolyApiException) as caught:
                self.client.post_order(order, kind)
            self.assertEqual(caught.exception.status_code, 400)
            self.assertIn("order_version_mismatch", str(caught.exception.error_msg))

    def test_it_cancels_and_beats(self):
        self.assertEqual(self.client.cancel_all()["canceled"], [])
        beat = self.client.post_heartbeat(None)
        self.assertIn("heartbeat_id", beat)


if __name__ == "__main__":
    unittest.main()
