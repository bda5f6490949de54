-- Three sums that must be zero (first two return no rows; the last shows the wallet as the books see it)
SELECT tx_id, asset, sum(amount) FROM ledger_entries GROUP BY tx_id, asset HAVING sum(amount) <> 0;
SELECT b.account, b.asset, b.balance, sum(e.amount) FROM ledger_balances b LEFT JOIN ledger_entries e USING (account, asset)
GROUP BY b.account, b.asset, b.balance HAVING b.balance <> coalesce(sum(e.amount), 0);
SELECT sum(balance) AS wallet_usd FROM ledger_balances WHERE asset = 'USD' AND (account = 'treasury' OR account LIKE 'agent:%');
