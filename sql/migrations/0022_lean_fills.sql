-- Fills and the news of their settlement cost less. What is left to settle of an order was looked for among all fills that there ever
-- were: each cost a little more than the one before it. News of a known fill tries no second row of it, and writes the order's state
-- only when that changes; the first fill of a round trip has nothing before it to replay.
set local role floor_owner;

create index fill_state_order on fill_state (order_id);

-- In PL/pgSQL its plan is kept; in SQL it was parsed and planned at every call.
create or replace function order_settlement(p_order text) returns text language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return (select case when count(*) = 0 then 'NONE' when bool_and(status = 'FAILED') then 'FAILED' when bool_or(status = 'FAILED') then 'MIXED'
                      when bool_and(status = 'CONFIRMED') then 'CONFIRMED' else 'PENDING' end
            from fill_state where order_id = p_order);
end
$$;

create or replace function record_fill(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_status text := coalesce(p->>'status', 'MATCHED');
  v_told_trade text := p->>'trade';
  v_order orders;
  v_state order_state;
  v_market markets;
  v_fill fills;
  v_seen fill_state;
  v_trade bigint;
  v_record bigint;
  v_before trade_total := row(0, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null, null, null, null, 0);
  v_after trade_total;
  v_release numeric(20,6);
  v_release_shares numeric(20,6) := 0;
  v_filled numeric(20,6);
  v_event jsonb;
  v_done jsonb;
  v_settlement text;
  v_new boolean;
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  select * into v_state from order_state where order_id = p->>'order_id' for update;
  if not found then
    return jsonb_build_object('outcome', 'order_unknown', 'new', false);
  end if;
  select * into v_order from orders where order_id = v_state.order_id;

  -- The lock on the order's state is held: whoever tells the same fill waits, and finds it then.
  select * into v_seen from fill_state where venue_trade_id = v_told_trade and order_id = v_state.order_id;
  v_new := not found;

  if v_new then
    insert into fills (venue_trade_id, order_id, agent_id, token_id, side, price, size, notional, fee, liquidity, source, executed_at, market_at)
    values (v_told_trade, v_order.order_id, v_order.agent_id, v_order.token_id, v_order.side, (p->>'price')::numeric, (p->>'size')::numeric,
            coalesce((p->>'notional')::numeric, round((p->>'price')::numeric * (p->>'size')::numeric, 6)), coalesce((p->>'fee')::numeric, 0),
            coalesce(p->>'liquidity', 'TAKER'), coalesce(p->>'source', ''),
            coalesce(wall_from_ns((p->>'executed_ns')::bigint), clock_timestamp()), wall_from_ns((p->>'market_ns')::bigint))
    returning * into v_fill;
    perform 1 from allocations where agent_id = v_order.agent_id for update;
    insert into positions (agent_id, token_id) values (v_order.agent_id, v_order.token_id) on conflict do nothing;
    select trade_id into v_trade from positions where agent_id = v_order.agent_id and token_id = v_order.token_id for update;
    if v_trade is null then
      v_trade := nextval('trade_numbers');
    else
      v_before := replay_trade(v_trade, false);
    end if;
    v_filled := v_state.filled + v_fill.size;

    -- The part of the reservation that this fill used up; all of it when the order is full.
    if v_filled >= v_order.size then
      v_release := v_state.reserved;
      v_release_shares := v_state.reserved_shares;
    else
      v_release := least(v_state.reserved, round(v_order.worst * v_fill.size / v_order.size, 6));
      v_release_shares := least(v_state.reserved_shares, case when v_order.side = 'SELL' then v_fill.size else 0 end);
    end if;
    if v_release > 0 then
      perform book_allocation(v_order.agent_id, -v_release, 0, 0);
      perform book_exposure(v_order.slug, -v_release);
    end if;
    if v_release_shares > 0 then
      update positions set reserved_shares = reserved_shares - v_release_shares
       where agent_id = v_order.agent_id and token_id = v_order.token_id;
    end if;

    insert into fill_state (venue_trade_id, order_id, trade_id, status) values (v_fill.venue_trade_id, v_fill.order_id, v_trade,
      case when v_status = 'FAILED' then 'MATCHED' else v_status end)
    returning * into v_seen;
    v_after := replay_trade(v_trade, true);
    update order_state
       set filled = v_filled, reserved = reserved - v_release, reserved_shares = reserved_shares - v_release_shares,
           state = case when v_filled >= v_order.size and not order_state_is_final(state) then 'FILLED' else state end,
           settlement = order_settlement(order_id), changes = changes + 1, updated_at = clock_timestamp()
     where order_id = v_order.order_id;
    v_record := apply_trade(v_trade, v_order.agent_id, v_order.token_id, v_order.slug, v_before, v_after, v_fill.executed_at);
    perform post_ledger('fill', v_fill.venue_trade_id || '/' || v_fill.order_id, v_fill.market_at, fill_lines(v_fill, 1));
    v_event := emit_order_event(v_order.agent_id, v_order.intent_id, v_order.order_id, 'fill', '', '', jsonb_build_object(
      'trade', v_fill.venue_trade_id, 'price', trim_scale(v_fill.price)::text, 'size', trim_scale(v_fill.size)::text,
      'fee', trim_scale(v_fill.fee)::text, 'side', v_fill.side, 'outcome', v_order.outcome, 'market', v_order.slug), false);
    if v_filled >= v_order.size and not order_state_is_final(v_state.state) then
      v_done := emit_order_event(v_order.agent_id, v_order.intent_id, v_order.order_id, 'done', 'filled', '', null, true);
    end if;
    perform write_audit('fill', jsonb_build_object('trade', v_fill.venue_trade_id, 'order', v_fill.order_id, 'side', v_fill.side,
      'price', v_fill.price, 'size', v_fill.size, 'fee', v_fill.fee, 'status', v_status, 'source', v_fill.source));
    -- A fill that arrives after the outcome was paid is settled at once.
    select * into v_market from markets where slug = v_order.slug;
    if v_market.state = 'RESOLVED' then
      v_record := coalesce(settle_position(v_order.agent_id, v_order.token_id, v_order.slug,
        case v_order.outcome when 'YES' then v_market.payout_yes else 1 - v_market.payout_yes end, v_market.ends_at), v_record);
    end if;
  else
    select * into v_fill from fills where venue_trade_id = v_told_trade and order_id = v_order.order_id;
    if (v_fill.price, v_fill.size) is distinct from ((p->>'price')::numeric(20,6), (p->>'size')::numeric(20,6)) then
      perform report_event('ERROR', 'gateway', 'fill_conflict', 'a repeated fill differs from the recorded one',
        jsonb_build_object('trade', v_fill.venue_trade_id, 'order', v_fill.order_id, 'price', v_fill.price, 'size', v_fill.size,
                           'told_price', p->'price', 'told_size', p->'size', 'source', p->'source'));
      return jsonb_build_object('outcome', 'conflict', 'new', false);
    end if;
  end if;

  if v_status = 'FAILED' and v_seen.status not in ('FAILED', 'CONFIRMED') then
    perform 1 from allocations where agent_id = v_order.agent_id for update;
    perform void_fill(v_fill, v_order.slug, coalesce(p->>'reason', 'settlement failed'));
    -- Shares that a failed sale brings back after the outcome was paid are paid now.
    select * into v_market from markets where slug = v_order.slug;
    if v_market.state = 'RESOLVED' then
      perform settle_position(v_order.agent_id, v_order.token_id, v_order.slug,
        case v_order.outcome when 'YES' then v_market.payout_yes else 1 - v_market.payout_yes end, v_market.ends_at);
    end if;
    update order_state set filled = greatest(filled - v_fill.size, 0), settlement = order_settlement(order_id), updated_at = clock_timestamp()
     where order_id = v_order.order_id;
    v_event := emit_order_event(v_order.agent_id, v_order.intent_id, v_order.order_id, 'voided', 'settlement_failed', '', jsonb_build_object(
      'trade', v_fill.venue_trade_id, 'price', trim_scale(v_fill.price)::text, 'size', trim_scale(v_fill.size)::text,
      'fee', trim_scale(v_fill.fee)::text, 'side', v_fill.side, 'outcome', v_order.outcome, 'market', v_order.slug), false);
    perform report_event('WARNING', 'gateway', 'fill_voided', 'the venue could not settle a fill; it is reversed',
      jsonb_build_object('trade', v_fill.venue_trade_id, 'order', v_fill.order_id));
    perform write_audit('void', jsonb_build_object('trade', v_fill.venue_trade_id, 'order', v_fill.order_id));
    return jsonb_build_object('outcome', 'voided', 'new', v_new, 'event', v_event, 'cursor', v_event->'cursor',
      'position', (select shares from positions where agent_id = v_order.agent_id and token_id = v_order.token_id));
  elsif (v_seen.status, v_status) in (('MATCHED', 'MINED'), ('MATCHED', 'CONFIRMED'), ('MINED', 'CONFIRMED')) then
    update fill_state set status = v_status, updated_at = clock_timestamp()
     where venue_trade_id = v_fill.venue_trade_id and order_id = v_fill.order_id;
    v_settlement := order_settlement(v_order.order_id);
    if v_settlement <> v_state.settlement then
      update order_state set settlement = v_settlement, updated_at = clock_timestamp() where order_id = v_order.order_id;
    end if;
  end if;
  return jsonb_build_object('outcome', case when v_new then 'recorded' else 'duplicate' end, 'new', v_new, 'event', v_event, 'done', v_done,
    'cursor', coalesce(v_done, v_event)->'cursor', 'trade_record', v_record, 'agent', (select name from agents where id = v_order.agent_id),
    'state', (select state from order_state where order_id = v_order.order_id),
    'position', (select shares from positions where agent_id = v_order.agent_id and token_id = v_order.token_id));
end
$$;

reset role;
