-- Orders that are not final
SELECT agent, market, outcome, side, type, price, size, filled, state, settlement, reserved, created_at, order_id FROM open_orders ORDER BY created_at;
