-- Least privilege. Nobody but the owner deletes or updates a fact; money tables are written by functions only.
revoke execute on all functions in schema public from public;
alter default privileges for role floor_owner in schema public revoke execute on functions from public;

grant select on all tables in schema public to floor_readers;
-- The signed bytes of an order are the gateway's alone: whoever has them can place it.
revoke select on orders from floor_readers;
grant select (order_id, intent_id, agent_id, token_id, slug, outcome, side, type, price, size, worst, gateway_epoch, useful_until, expires_at,
              is_paper, market_at, created_at) on orders to floor_readers;
grant select on orders to floor_gateway;
revoke select on offered_intents from floor_readers;
grant execute on function account_balance(text, text), agent_snapshot(text), order_events_since(text, bigint, integer), wall_from_ns(bigint),
  order_state_is_final(text), order_edge_exists(text, text), agent_account(bigint), current_agent_id(), current_agent_epoch(),
  replay_trade(bigint, boolean), audit_field(text), order_settlement(text), find_agent(text) to floor_readers;
revoke execute on function replay_trade(bigint, boolean) from floor_readers;

grant execute on function claim_lease(text, text, text, interval, text), release_lease(text, text, text),
  report_event(text, text, text, text, jsonb), trip_halt(text)
  to floor_boss, floor_gateway, floor_feed, floor_auditor, floor_monitor, floor_web;
grant execute on function write_audit(text, jsonb) to floor_boss, floor_gateway, floor_monitor, floor_auditor;

grant execute on function set_mode(text, text, bigint), resume_floor(text, bigint), set_capital(numeric, numeric, numeric, boolean, bigint),
  take_commands(bigint), finish_command(bigint, boolean, jsonb, bigint), hire_agent(jsonb), clone_agent(text, text, jsonb, text, bigint),
  begin_agent_epoch(text, bigint, text), set_agent_status(text, text, text, bigint), set_agent_parameters(text, jsonb, bigint),
  allocate(text, numeric, bigint), release_capital(text, numeric, bigint), return_capital(text, bigint), retire_agent(text, text, bigint),
  ensure_tick_partitions(integer), drop_tick_partitions(integer), purge_history(interval), request_command(text, text, jsonb, interval, text)
  to floor_boss;
grant insert, update, delete on processes to floor_boss;
grant insert on verdicts, experiments to floor_boss;
grant delete on checkpoints to floor_boss;

grant execute on function submit_intent(jsonb), advance_order(jsonb), record_fill(jsonb), settle_market(jsonb), record_deposit(jsonb),
  record_evidence(jsonb), take_offered_intents(bigint, integer) to floor_gateway;

grant insert on market_ticks to floor_feed;
grant execute on function upsert_market(jsonb), ensure_tick_partitions(integer), drop_tick_partitions(integer) to floor_feed;

grant execute on function chain_audit(integer) to floor_auditor;
grant insert on findings to floor_auditor;

grant insert on performance_snapshots, recommendations, experiments to floor_monitor;

grant execute on function request_command(text, text, jsonb, interval, text), trip_halt(text), report_event(text, text, text, text, jsonb)
  to floor_operator;

grant select on markets, tokens to floor_agents;
grant select, insert, update on checkpoints to floor_agents;
grant select, insert on decisions to floor_agents;
grant execute on function offer_intent(jsonb), order_events_since(text, bigint, integer), agent_snapshot(text), current_agent_id(),
  current_agent_epoch(), wall_from_ns(bigint) to floor_agents;
