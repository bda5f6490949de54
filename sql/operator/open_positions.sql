-- What is held
SELECT agent, market, outcome, shares, reserved_shares, average_price, cost, fees, opened_at, ends_at FROM positions_view ORDER BY agent, market;
