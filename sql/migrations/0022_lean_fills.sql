-- Fills and the news of their settlement cost less. What is left to settle of an order was looked for among all fills that there ever
-- were, and with every fill all fills of its round trip were played twice: each cost more than the one before it. News of a known fill
-- tries no second row of it, and writes the order's state only when that changes.
set local role floor_owner;

create index fill_state_order on fill_state (order_id);

-- The same rule without a count of repetitions (0012_lean_admission.sql).
alter table ledger_entries drop constraint ledger_entries_asset_check,
  add constraint ledger_entries_asset_check check (asset = 'USD' or asset ~ '^[0-9]+$' and length(asset) <= 78);

-- In PL/pgSQL its plan is kept; in SQL it was parsed and planned at every call.
create or replace function order_settlement(p_order text) returns text language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return (select case when count(*) = 0 then 'NONE' when bool_and(status = 'FAILED') then 'FAILED' when bool_or(status = 'FAILED') then 'MIXED'
                      when bool_and(status = 'CONFIRMED') then 'CONFIRMED' else 'PENDING' end
            from fill_state where order_id = p_order);
end
$$;

-- One fill or settlement more of a round trip: average cost; a sale takes its part of cost and fees rounded to 10^-6, and all of it when
-- it empties the position. What covers shares that were sold without being there is realised at once; only the rest is held.
create function step_trade(t trade_total, p_side text, p_size numeric, p_notional numeric, p_fee numeric, p_at timestamptz,
                           p_market_at timestamptz) returns trade_total
language plpgsql immutable set search_path = public, pg_temp as $$
declare
  v_cost numeric(20,6);
  v_fees numeric(20,6);
  v_covered numeric(20,6);
begin
  t.steps := t.steps + 1;
  if p_side = 'BUY' then
    v_covered := least(greatest(-t.shares, 0), p_size);
    v_cost := round(p_notional * v_covered / p_size, 6);
    v_fees := round(p_fee * v_covered / p_size, 6);
    t.shares := t.shares + p_size;
    t.cost := t.cost + p_notional - v_cost;
    t.fees := t.fees + p_fee - v_fees;
    t.realized := t.realized - v_cost - v_fees;
    t.bought := t.bought + p_size;
    t.paid := t.paid + p_notional;
  else
    if p_size >= t.shares then
      v_cost := t.cost;
      v_fees := t.fees;
    else
      v_cost := round(t.cost * p_size / t.shares, 6);
      v_fees := round(t.fees * p_size / t.shares, 6);
    end if;
    t.shares := t.shares - p_size;
    t.cost := t.cost - v_cost;
    t.fees := t.fees - v_fees;
    t.realized := t.realized + p_notional - p_fee - v_cost - v_fees;
    t.sold := t.sold + p_size;
    t.proceeds := t.proceeds + p_notional;
  end if;
  t.all_fees := t.all_fees + p_fee;
  t.first_at := coalesce(t.first_at, p_at);
  t.first_market_at := coalesce(t.first_market_at, p_market_at);
  return t;
end
$$;

create or replace function replay_trade(p_trade bigint, p_write boolean) returns trade_total
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  t trade_total := row(0, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null, null, null, null, 0);
  v record;
  v_before numeric(20,6);
  v_realized numeric(20,6);
begin
  for v in
    select * from (
      select f.seq as place, 0 as late, f.venue_trade_id, f.order_id, f.side, f.size, f.notional, f.fee, f.executed_at as at, f.market_at,
             o.intent_id, 'fill' as kind, s.realized as was
        from fill_state s join fills f using (venue_trade_id, order_id) join orders o using (order_id)
       where s.trade_id = p_trade and s.voided_at is null
      union all
      select x.id, 1, null, null, 'SELL', x.shares, x.proceeds, 0, x.settled_at, x.market_at, null, 'settlement', x.realized
        from settlements x where x.trade_id = p_trade
    ) all_steps order by late, place
  loop
    v_before := t.realized;
    t := step_trade(t, v.side, v.size, v.notional, v.fee, v.at, v.market_at);
    v_realized := t.realized - v_before;
    t.last_at := v.at;
    t.last_market_at := v.market_at;
    t.last_intent := v.intent_id;
    t.last_kind := v.kind;
    if p_write and v.kind = 'fill' and v.was <> v_realized then
      update fill_state set realized = v_realized where venue_trade_id = v.venue_trade_id and order_id = v.order_id;
    end if;
  end loop;
  return t;
end
$$;

-- Books a fill ('fill'), or takes it back ('void'), once. The lines stand in the order of account and asset, in which the balances that
-- they touch are locked everywhere.
create function post_fill(f fills, p_kind text) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_tx bigint;
  v_agent text := agent_account(f.agent_id);
  v_sign integer := case p_kind when 'fill' then 1 else -1 end;
  v_shares numeric(20,6) := v_sign * case f.side when 'BUY' then f.size else -f.size end;
  v_paid numeric(20,6) := v_sign * case f.side when 'BUY' then f.notional else -f.notional end;
  v_fee numeric(20,6) := v_sign * f.fee;
begin
  insert into ledger_transactions (kind, ref, market_at) values (p_kind, f.venue_trade_id || '/' || f.order_id, f.market_at)
  on conflict (kind, ref) do nothing returning tx_id into v_tx;
  if v_tx is null then
    return;
  end if;
  insert into ledger_entries (tx_id, line, account, asset, amount)
  select v_tx, x.line, x.account, x.asset, x.amount
    from (values (1, v_agent, f.token_id, v_shares), (2, v_agent, 'USD', -v_paid - v_fee), (3, 'fees', 'USD', v_fee),
                 (4, 'venue', f.token_id, -v_shares), (5, 'venue', 'USD', v_paid)) x (line, account, asset, amount)
   where x.amount <> 0;
end
$$;

create or replace function void_fill(f fills, p_slug text, p_reason text) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_trade bigint;
  v_open bigint;
  v_before trade_total;
  v_after trade_total;
  v_payout numeric(20,6);
  v_paid numeric(20,6);
  v_correction bigint;
  v_signed numeric(20,6) := case when f.side = 'BUY' then f.size else -f.size end;
begin
  select trade_id into v_trade from fill_state where venue_trade_id = f.venue_trade_id and order_id = f.order_id;
  select trade_id into v_open from positions where agent_id = f.agent_id and token_id = f.token_id for update;
  perform 1 from market_exposure where slug = p_slug for update;
  v_before := replay_trade(v_trade, false);
  update fill_state set status = 'FAILED', voided_at = clock_timestamp(), realized = 0, updated_at = clock_timestamp()
   where venue_trade_id = f.venue_trade_id and order_id = f.order_id;
  v_after := replay_trade(v_trade, true);
  perform post_fill(f, 'void');

  if v_open is not distinct from v_trade then
    perform apply_trade(v_trade, f.agent_id, f.token_id, p_slug, v_before, v_after, clock_timestamp());
    return jsonb_build_object('trade', v_trade, 'shares', v_after.shares);
  end if;

  -- The round trip was closed: its record no longer stands.
  update trade_records set voided_at = clock_timestamp(), void_reason = p_reason where cycle = v_trade and voided_at is null;

  select payout into v_payout from settlements where trade_id = v_trade and kind = 'settle';
  if found then
    -- The outcome was paid on shares that never came (or not paid on shares that never left): correct the settlement alike. What the
    -- correction realises is what is missing between the trip's standing cash and what its other steps realised.
    v_paid := round(v_signed * v_payout, 6);
    insert into settlements (slug, agent_id, token_id, trade_id, shares, payout, proceeds, realized, kind, market_at)
    select p_slug, f.agent_id, f.token_id, v_trade, -v_signed, v_payout, -v_paid,
           (select coalesce(sum(case when g.side = 'BUY' then -g.notional - g.fee else g.notional - g.fee end - s.realized), 0)
              from fill_state s join fills g using (venue_trade_id, order_id) where s.trade_id = v_trade and s.voided_at is null)
           + (select coalesce(sum(x.proceeds - x.realized), 0) from settlements x where x.trade_id = v_trade) - v_paid,
           'correct', f.market_at
    returning id into v_correction;
    perform post_ledger('correct', v_correction::text, f.market_at, jsonb_build_array(
      jsonb_build_array(agent_account(f.agent_id), 'USD', -v_paid), jsonb_build_array('venue', 'USD', v_paid),
      jsonb_build_array(agent_account(f.agent_id), f.token_id, v_signed), jsonb_build_array('venue', f.token_id, -v_signed)));
    v_after := replay_trade(v_trade, false);
  end if;

  if v_after.shares = 0 then
    perform book_allocation(f.agent_id, 0, 0, v_after.realized - v_before.realized);
    if v_after.bought <> 0 or v_after.sold <> 0 then
      perform write_trade_record(v_trade, f.agent_id, f.token_id, v_after);
    end if;
    return jsonb_build_object('trade', v_trade, 'shares', 0);
  end if;
  -- What is left of it joins the open round trip, or opens a fresh one.
  perform book_allocation(f.agent_id, 0, 0, -v_before.realized);
  v_open := coalesce(v_open, nextval('trade_numbers'));
  v_before := replay_trade(v_open, false);
  update fill_state set trade_id = v_open where trade_id = v_trade and voided_at is null;
  v_after := replay_trade(v_open, true);
  perform apply_trade(v_open, f.agent_id, f.token_id, p_slug, v_before, v_after, clock_timestamp());
  return jsonb_build_object('trade', v_open, 'shares', v_after.shares);
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
  v_position positions;
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
    select * into v_position from positions where agent_id = v_order.agent_id and token_id = v_order.token_id for update;
    v_trade := coalesce(v_position.trade_id, nextval('trade_numbers'));
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

    -- The fill is the last of its round trip, whose standing is the position's: the others need not be played again for it.
    v_before.shares := v_position.shares;
    v_before.cost := v_position.cost;
    v_before.fees := v_position.fees;
    v_before.first_at := v_position.opened_at;
    v_before.first_market_at := v_position.opened_market_at;
    v_after := step_trade(v_before, v_fill.side, v_fill.size, v_fill.notional, v_fill.fee, v_fill.executed_at, v_fill.market_at);
    insert into fill_state (venue_trade_id, order_id, trade_id, realized, status) values (v_fill.venue_trade_id, v_fill.order_id, v_trade,
      v_after.realized, case when v_status = 'FAILED' then 'MATCHED' else v_status end)
    returning * into v_seen;
    if v_after.shares = 0 then
      -- It ends the trip: what is written of it is played from all its steps.
      v_before.realized := -v_after.realized;
      v_after := replay_trade(v_trade, false);
      v_before.realized := v_after.realized + v_before.realized;
    end if;
    update order_state
       set filled = v_filled, reserved = reserved - v_release, reserved_shares = reserved_shares - v_release_shares,
           state = case when v_filled >= v_order.size and not order_state_is_final(state) then 'FILLED' else state end,
           settlement = order_settlement(order_id), changes = changes + 1, updated_at = clock_timestamp()
     where order_id = v_order.order_id;
    v_record := apply_trade(v_trade, v_order.agent_id, v_order.token_id, v_order.slug, v_before, v_after, v_fill.executed_at);
    perform post_fill(v_fill, 'fill');
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

drop function fill_lines(fills, integer);

reset role;
