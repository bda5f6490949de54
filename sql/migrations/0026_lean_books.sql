-- A fill and the news of its settlement cost less again. The rules of the rows that are only added are guards now, as those of orders are
-- since 0016_lean_orders.sql (PostgreSQL reads the text of every CHECK anew for each statement and looks each foreign key up by a statement
-- of its own); a booking is looked at once and not once a line; a fill touches each row that it changes once; and what the venue says of
-- many settlements is one statement.
set local role floor_owner;

do $$
declare
  v record;
begin
  for v in select conrelid::regclass as of, conname from pg_constraint
            where contype in ('c', 'f') and conrelid in ('fills'::regclass, 'fill_state'::regclass, 'ledger_entries'::regclass)
  loop
    execute format('alter table %s drop constraint %I', v.of, v.conname);
  end loop;
end
$$;

-- Guards ------------------------------------------------------------------------------------------------------------------------

create or replace function refuse_row(p_what text, p_which text) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception '% % breaks a rule of its table (sql/README.md, Rules of rows)', p_what, p_which using errcode = 'check_violation';
end
$$;

create function fill_is_sound() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not (new.venue_trade_id <> '' and new.side in ('BUY', 'SELL') and new.price >= 0 and new.price <= 1 and new.size > 0
          and new.notional >= 0 and new.fee >= 0 and new.liquidity in ('TAKER', 'MAKER')) then
    perform refuse_row('fill', new.venue_trade_id);
  end if;
  return new;
end
$$;
create trigger sound before insert on fills for each row execute function fill_is_sound();

create or replace function fill_state_advances() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' then
    if old.status in ('CONFIRMED', 'FAILED') and new.status <> old.status
       or old.status = 'MINED' and new.status = 'MATCHED' then
      raise exception 'fill %: settlement does not go from % to %', old.venue_trade_id, old.status, new.status using errcode = 'FL012';
    end if;
    if (new.venue_trade_id, new.order_id) <> (old.venue_trade_id, old.order_id) then
      raise exception 'fill %: whose state it is does not change', old.venue_trade_id using errcode = 'FL010';
    end if;
  end if;
  if not (new.status in ('MATCHED', 'MINED', 'CONFIRMED', 'FAILED') and (new.status = 'FAILED') = (new.voided_at is not null)) then
    perform refuse_row('state of fill', new.venue_trade_id);
  end if;
  return new;
end
$$;
drop trigger advances on fill_state;
create trigger advances before insert or update on fill_state for each row execute function fill_state_advances();

-- Who is at work still is found by the order's settlement: the news of a fill's settlement changes no index of its table then, and room
-- in its page lets the new row stand beside the old one.
drop index fill_state_pending;
alter table fill_state set (fillfactor = 70);
create index order_state_unsettled on order_state (order_id) where settlement in ('PENDING', 'MIXED');

-- A repeated intent is answered with what it was answered first, and an agent's last trade is looked for every second: neither may cost
-- more with every event and every trade that the agent ever had.
create index order_events_answer on order_events (intent_id) where event in ('accepted', 'denied');
create index trade_records_agent_market on trade_records (agent_id, market_at) where voided_at is null;

-- A booking is one statement. Its lines balance when the statement ends, and facts do not change: what was summed once at commit for
-- each line is summed once. The balances are locked in the order of account and asset everywhere.
create function ledger_is_sound() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_wrong record;
  v_tx bigint;
begin
  select * into v_wrong
    from (select tx_id, asset, sum(amount) as total,
                 bool_and(line > 0 and amount <> 0 and (asset = 'USD' or asset ~ '^[0-9]+$' and length(asset) <= 78)
                          and account ~ '^(treasury|venue|fees|external|agent:[0-9]+)$') as is_sound
            from lines group by tx_id, asset) booked
   where total <> 0 or not is_sound limit 1;
  if found and not v_wrong.is_sound then
    perform refuse_row('ledger line of transaction', v_wrong.tx_id::text);
  elsif found then
    raise exception 'ledger transaction % does not sum to zero in %', v_wrong.tx_id, v_wrong.asset using errcode = 'FL011';
  end if;
  -- One row by its key each: as part of the statement above all transactions there ever were would be read.
  for v_tx in select distinct tx_id from lines loop
    perform 1 from ledger_transactions where tx_id = v_tx;
    if not found then
      perform refuse_row('ledger line of no transaction', v_tx::text);
    end if;
  end loop;
  insert into ledger_balances as b (account, asset, balance)
  select account, asset, sum(amount) from lines group by account, asset order by account, asset
  on conflict (account, asset) do update set balance = b.balance + excluded.balance;
  return null;
end
$$;
drop trigger must_balance on ledger_entries;
drop trigger keep_balances on ledger_entries;
drop function ledger_must_balance();
drop function ledger_keeps_balances();
create trigger sound after insert on ledger_entries referencing new table as lines for each statement execute function ledger_is_sound();
comment on table ledger_entries is 'Fact. Double entry: the lines of a booking sum to zero per asset (checked when they are written, all at once). '
  'The wallet at the venue holds treasury plus all agent accounts; venue is the counterparty of trades, fees what was paid, external the outside world.';

-- Fills -------------------------------------------------------------------------------------------------------------------------

-- Keeps the books possible after a fact: widens overdrawn when a fact took more than the allocation, narrows it when it can. What a fill
-- used up of its order's reservation is given back in the same breath.
drop function apply_trade(bigint, bigint, text, text, trade_total, trade_total, timestamptz);
create function apply_trade(p_trade bigint, p_agent bigint, p_token text, p_slug text, p_before trade_total, p_after trade_total,
                            p_at timestamptz, p_released numeric default 0, p_released_shares numeric default 0) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_change numeric(20,6) := (p_after.cost + p_after.fees) - (p_before.cost + p_before.fees);
  v_flat boolean := p_after.shares = 0;
begin
  perform book_allocation(p_agent, -p_released, v_change, p_after.realized - p_before.realized);
  update positions
     set shares = p_after.shares, cost = p_after.cost, fees = p_after.fees, last_fill_at = p_at, updated_at = clock_timestamp(),
         reserved_shares = reserved_shares - p_released_shares,
         trade_id = case when v_flat then null else p_trade end,
         opened_at = case when v_flat then null else p_after.first_at end,
         opened_market_at = case when v_flat then null else p_after.first_market_at end,
         deficient = p_after.shares < 0 or reserved_shares - p_released_shares > p_after.shares
   where agent_id = p_agent and token_id = p_token;
  perform book_exposure(p_slug, v_change - p_released);
  if v_flat and (p_after.sold <> 0 or p_after.bought <> 0) then
    return write_trade_record(p_trade, p_agent, p_token, p_after);
  end if;
  return null;
end
$$;

-- A fill that nobody told before: its row, what it does to order, position, allocation and ledger, and the events that tell the agent.
create function take_fill(p jsonb, p_order orders, p_state order_state) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_fill fills;
  v_market markets;
  v_position positions;
  v_trade bigint;
  v_record bigint;
  v_before trade_total := row(0, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null, null, null, null, 0);
  v_after trade_total;
  v_release numeric(20,6);
  v_release_shares numeric(20,6) := 0;
  v_filled numeric(20,6);
  v_is_last boolean;
  v_agent text;
  v_epoch bigint;
  v_cursor bigint;
  v_body jsonb;
  v_event jsonb;
  v_done jsonb;
begin
  insert into fills (venue_trade_id, order_id, agent_id, token_id, side, price, size, notional, fee, liquidity, source, executed_at, market_at)
  values (p->>'trade', p_order.order_id, p_order.agent_id, p_order.token_id, p_order.side, (p->>'price')::numeric, (p->>'size')::numeric,
          coalesce((p->>'notional')::numeric, round((p->>'price')::numeric * (p->>'size')::numeric, 6)), coalesce((p->>'fee')::numeric, 0),
          coalesce(p->>'liquidity', 'TAKER'), coalesce(p->>'source', ''),
          coalesce(wall_from_ns((p->>'executed_ns')::bigint), clock_timestamp()), wall_from_ns((p->>'market_ns')::bigint))
  returning * into v_fill;
  perform 1 from allocations where agent_id = p_order.agent_id for update;
  select * into v_position from positions where agent_id = p_order.agent_id and token_id = p_order.token_id for update;
  if not found then
    insert into positions (agent_id, token_id) values (p_order.agent_id, p_order.token_id) on conflict do nothing;
    select * into v_position from positions where agent_id = p_order.agent_id and token_id = p_order.token_id for update;
  end if;
  v_trade := coalesce(v_position.trade_id, nextval('trade_numbers'));
  v_filled := p_state.filled + v_fill.size;
  v_is_last := v_filled >= p_order.size and not order_state_is_final(p_state.state);

  -- The part of the reservation that this fill used up; all of it when the order is full.
  if v_filled >= p_order.size then
    v_release := p_state.reserved;
    v_release_shares := p_state.reserved_shares;
  else
    v_release := least(p_state.reserved, round(p_order.worst * v_fill.size / p_order.size, 6));
    v_release_shares := least(p_state.reserved_shares, case when p_order.side = 'SELL' then v_fill.size else 0 end);
  end if;

  -- The fill is the last of its round trip, whose standing is the position's: the others need not be played again for it.
  v_before.shares := v_position.shares;
  v_before.cost := v_position.cost;
  v_before.fees := v_position.fees;
  v_before.first_at := v_position.opened_at;
  v_before.first_market_at := v_position.opened_market_at;
  v_after := step_trade(v_before, v_fill.side, v_fill.size, v_fill.notional, v_fill.fee, v_fill.executed_at, v_fill.market_at);
  insert into fill_state (venue_trade_id, order_id, trade_id, realized, status) values (v_fill.venue_trade_id, v_fill.order_id, v_trade,
    v_after.realized, case when p->>'status' = 'FAILED' then 'MATCHED' else coalesce(p->>'status', 'MATCHED') end);
  if v_after.shares = 0 then
    -- It ends the trip: what is written of it is played from all its steps.
    v_before.realized := -v_after.realized;
    v_after := replay_trade(v_trade, false);
    v_before.realized := v_after.realized + v_before.realized;
  end if;
  update order_state
     set filled = v_filled, reserved = reserved - v_release, reserved_shares = reserved_shares - v_release_shares,
         state = case when v_is_last then 'FILLED' else state end,
         settlement = order_settlement(order_id), changes = changes + 1, updated_at = clock_timestamp()
   where order_id = p_order.order_id;
  v_record := apply_trade(v_trade, p_order.agent_id, p_order.token_id, p_order.slug, v_before, v_after, v_fill.executed_at,
                          v_release, v_release_shares);
  perform post_fill(v_fill, 'fill');

  -- What emit_order_event would gather of rows that are known here.
  select name, epoch into v_agent, v_epoch from agents where id = p_order.agent_id;
  update agent_cursors set cursor = cursor + case when v_is_last then 2 else 1 end where agent_id = p_order.agent_id
  returning cursor into v_cursor;
  v_body := jsonb_build_object(
    'agent', v_agent, 'epoch', v_epoch, 'intent', p_order.intent_id, 'order', p_order.order_id, 'detail', '',
    'remaining', trim_scale(greatest(p_order.size - v_filled, 0))::text, 'position', trim_scale(v_after.shares)::text,
    'market', p_order.slug, 'outcome', p_order.outcome);
  v_event := v_body || jsonb_build_object(
    'cursor', case when v_is_last then v_cursor - 1 else v_cursor end, 'event', 'fill', 'reason', '', 'final', false,
    'fill', jsonb_build_object(
      'trade', v_fill.venue_trade_id, 'price', trim_scale(v_fill.price)::text, 'size', trim_scale(v_fill.size)::text,
      'fee', trim_scale(v_fill.fee)::text, 'side', v_fill.side, 'outcome', p_order.outcome, 'market', p_order.slug));
  insert into order_events (agent_id, cursor, intent_id, order_id, event, reason, body)
  values (p_order.agent_id, (v_event->>'cursor')::bigint, p_order.intent_id, p_order.order_id, 'fill', '', v_event);
  if v_is_last then
    v_done := v_body || jsonb_build_object('cursor', v_cursor, 'event', 'done', 'reason', 'filled', 'final', true, 'fill', null::jsonb);
    insert into order_events (agent_id, cursor, intent_id, order_id, event, reason, body)
    values (p_order.agent_id, v_cursor, p_order.intent_id, p_order.order_id, 'done', 'filled', v_done);
  end if;
  insert into audit_outbox (kind, body)
  values ('fill', jsonb_build_object(
    'trade', v_fill.venue_trade_id, 'order', v_fill.order_id, 'side', v_fill.side, 'price', v_fill.price, 'size', v_fill.size,
    'fee', v_fill.fee, 'status', coalesce(p->>'status', 'MATCHED'), 'source', v_fill.source));

  -- A fill that arrives after the outcome was paid is settled at once.
  select * into v_market from markets where slug = p_order.slug;
  if v_market.state = 'RESOLVED' then
    v_record := coalesce(settle_position(p_order.agent_id, p_order.token_id, p_order.slug,
      case p_order.outcome when 'YES' then v_market.payout_yes else 1 - v_market.payout_yes end, v_market.ends_at), v_record);
  end if;
  return jsonb_build_object('event', v_event, 'done', v_done, 'trade_record', v_record);
end
$$;

-- The venue could not settle a fill that stands in the record: it is taken back, with everything that it did.
create function fail_fill(p jsonb, p_order orders, p_fill fills) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_market markets;
begin
  perform 1 from allocations where agent_id = p_order.agent_id for update;
  perform void_fill(p_fill, p_order.slug, coalesce(p->>'reason', 'settlement failed'));
  -- Shares that a failed sale brings back after the outcome was paid are paid now.
  select * into v_market from markets where slug = p_order.slug;
  if v_market.state = 'RESOLVED' then
    perform settle_position(p_order.agent_id, p_order.token_id, p_order.slug,
      case p_order.outcome when 'YES' then v_market.payout_yes else 1 - v_market.payout_yes end, v_market.ends_at);
  end if;
  update order_state set filled = greatest(filled - p_fill.size, 0), settlement = order_settlement(order_id), updated_at = clock_timestamp()
   where order_id = p_order.order_id;
  perform report_event('WARNING', 'gateway', 'fill_voided', 'the venue could not settle a fill; it is reversed',
    jsonb_build_object('trade', p_fill.venue_trade_id, 'order', p_fill.order_id));
  perform write_audit('void', jsonb_build_object('trade', p_fill.venue_trade_id, 'order', p_fill.order_id));
  return emit_order_event(p_order.agent_id, p_order.intent_id, p_order.order_id, 'voided', 'settlement_failed', '', jsonb_build_object(
    'trade', p_fill.venue_trade_id, 'price', trim_scale(p_fill.price)::text, 'size', trim_scale(p_fill.size)::text,
    'fee', trim_scale(p_fill.fee)::text, 'side', p_fill.side, 'outcome', p_order.outcome, 'market', p_order.slug), false);
end
$$;

create or replace function record_fill(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_status text := coalesce(p->>'status', 'MATCHED');
  v_told_trade text := p->>'trade';
  v_order orders;
  v_state order_state;
  v_fill fills;
  v_stands text;
  v_taken jsonb;
  v_event jsonb;
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
  select status into v_stands from fill_state where venue_trade_id = v_told_trade and order_id = v_state.order_id;
  v_new := not found;
  if v_new then
    v_taken := take_fill(p, v_order, v_state);
    v_event := v_taken->'event';
    v_stands := case when v_status = 'FAILED' then 'MATCHED' else v_status end;
  end if;
  if not v_new or v_status = 'FAILED' then
    select * into v_fill from fills where venue_trade_id = v_told_trade and order_id = v_order.order_id;
    if not v_new and (v_fill.price, v_fill.size) is distinct from ((p->>'price')::numeric(20,6), (p->>'size')::numeric(20,6)) then
      perform report_event('ERROR', 'gateway', 'fill_conflict', 'a repeated fill differs from the recorded one',
        jsonb_build_object('trade', v_fill.venue_trade_id, 'order', v_fill.order_id, 'price', v_fill.price, 'size', v_fill.size,
                           'told_price', p->'price', 'told_size', p->'size', 'source', p->'source'));
      return jsonb_build_object('outcome', 'conflict', 'new', false);
    end if;
  end if;

  if v_status = 'FAILED' and v_stands not in ('FAILED', 'CONFIRMED') then
    v_event := fail_fill(p, v_order, v_fill);
    return jsonb_build_object('outcome', 'voided', 'new', v_new, 'event', v_event, 'cursor', v_event->'cursor',
      'position', (select shares from positions where agent_id = v_order.agent_id and token_id = v_order.token_id));
  elsif (v_stands, v_status) in (('MATCHED', 'MINED'), ('MATCHED', 'CONFIRMED'), ('MINED', 'CONFIRMED')) then
    update fill_state set status = v_status, updated_at = clock_timestamp()
     where venue_trade_id = v_told_trade and order_id = v_order.order_id;
    v_settlement := order_settlement(v_order.order_id);
    if v_settlement <> v_state.settlement then
      update order_state set settlement = v_settlement, updated_at = clock_timestamp() where order_id = v_order.order_id;
    end if;
  end if;
  return jsonb_build_object('outcome', case when v_new then 'recorded' else 'duplicate' end, 'new', v_new, 'event', v_event,
    'done', v_taken->'done', 'cursor', coalesce(nullif(v_taken->'done', 'null'), v_event)->'cursor', 'trade_record', v_taken->'trade_record',
    'agent', (select name from agents where id = v_order.agent_id),
    'state', (select state from order_state where order_id = v_order.order_id),
    'position', (select shares from positions where agent_id = v_order.agent_id and token_id = v_order.token_id));
end
$$;

-- One row by its key for each that asks: a join with all fills is planned as one over all of them.
create function is_recorded(p_trade text, p_order text, p_price numeric, p_size numeric) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (select from fills where venue_trade_id = p_trade and order_id = p_order and price = p_price and size = p_size);
end
$$;

-- What the venue says of the settlement of many fills (p.fills, as record_fill takes each), in one statement; the answers stand in the
-- same order. News of a fill that is not known, or known otherwise, and of one that failed, goes the way of a single one.
create function settle_fills(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_told jsonb := p->'fills';
  v_orders text[];
  v_known boolean[];
  v_answers jsonb[];
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  select array_agg(distinct x.v->>'order_id') into v_orders from jsonb_array_elements(v_told) x(v);
  perform 1 from order_state where order_id = any(v_orders) order by order_id for update;

  -- A status that the fill has passed already changes nothing: the furthest of what is told of one fill is written.
  update fill_state s set status = n.status, updated_at = clock_timestamp()
    from (select distinct on (t.trade, t.order_id) t.trade, t.order_id, t.status
            from jsonb_to_recordset(v_told) t(trade text, order_id text, status text, price numeric(20,6), size numeric(20,6))
           where t.status in ('MINED', 'CONFIRMED') and is_recorded(t.trade, t.order_id, t.price, t.size)
           order by t.trade, t.order_id, t.status = 'CONFIRMED' desc) n
   where s.venue_trade_id = n.trade and s.order_id = n.order_id
     and (s.status, n.status) in (('MATCHED', 'MINED'), ('MATCHED', 'CONFIRMED'), ('MINED', 'CONFIRMED'));
  update order_state o set settlement = n.settlement, updated_at = clock_timestamp()
    from (select u.order_id, order_settlement(u.order_id) as settlement from unnest(v_orders) u(order_id)) n
   where o.order_id = n.order_id and o.settlement <> n.settlement;

  select array_agg(t.status in ('MINED', 'CONFIRMED') and is_recorded(t.trade, t.order_id, t.price, t.size) order by t.n) into v_known
    from rows from (jsonb_to_recordset(v_told) as (trade text, order_id text, status text, price numeric(20,6), size numeric(20,6)))
           with ordinality t(trade, order_id, status, price, size, n);
  v_answers := array_fill(jsonb_build_object('outcome', 'duplicate', 'new', false), array[jsonb_array_length(v_told)]);
  for i in 1 .. coalesce(array_length(v_known, 1), 0) loop
    if not v_known[i] then
      v_answers[i] := record_fill(v_told->(i - 1) || jsonb_build_object('gateway_epoch', p->'gateway_epoch'));
    end if;
  end loop;
  return to_jsonb(v_answers);
end
$$;
grant execute on function settle_fills(jsonb) to floor_gateway;

reset role;
