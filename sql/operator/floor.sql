-- The floor at a glance
SELECT mode, reason, treasury, cash, allocated, reserved, invested, day_pnl, agents_running, agents, open_orders, unknown_orders,
       open_positions, trades_today
FROM floor_overview;
