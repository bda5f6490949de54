-- The order path. Contracts: sql/README.md. Lock order: lease, intent, floor, agent, order, allocation, position, market, ledger, cursor.
set local role floor_owner;

create function emit_order_event(p_agent_id bigint, p_intent text, p_order text, p_event text, p_reason text, p_detail text,
                                 p_fill jsonb, p_final boolean) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_cursor bigint;
  v_body jsonb;
begin
  update agent_cursors set cursor = cursor + 1 where agent_id = p_agent_id returning cursor into v_cursor;
  select jsonb_build_object(
           'cursor', v_cursor, 'agent', a.name, 'epoch', a.epoch, 'intent', p_intent, 'order', p_order, 'event', p_event,
           'reason', coalesce(p_reason, ''), 'detail', coalesce(p_detail, ''), 'fill', p_fill,
           'remaining', trim_scale(greatest(coalesce(o.size - s.filled, 0), 0))::text,
           'position', trim_scale(coalesce(pos.shares, 0))::text,
           'market', coalesce(o.slug, i.market, t.slug), 'outcome', coalesce(o.outcome, i.outcome, t.outcome), 'final', p_final)
    into v_body
    from agents a
    left join intents i on i.id = p_intent
    left join orders o on o.order_id = p_order
    left join order_state s on s.order_id = p_order
    left join tokens t on t.token_id = coalesce(o.token_id, i.token_id, p_fill->>'token')
    left join positions pos on pos.agent_id = a.id and pos.token_id = coalesce(o.token_id, i.token_id, p_fill->>'token')
   where a.id = p_agent_id;
  insert into order_events (agent_id, cursor, intent_id, order_id, event, reason, body)
  values (p_agent_id, v_cursor, p_intent, p_order, p_event, coalesce(p_reason, ''), v_body);
  return v_body;
end
$$;

-- Keeps the books possible after a fact: widens overdrawn when a fact took more than the allocation, narrows it when it can.
create function book_allocation(p_agent_id bigint, p_reserved numeric, p_invested numeric, p_realized numeric) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update allocations
     set reserved = reserved + p_reserved, invested = invested + p_invested, realized = realized + p_realized,
         realized_total = realized_total + p_realized, updated_at = clock_timestamp(),
         overdrawn = greatest(0, reserved + p_reserved + invested + p_invested - allocated - least(realized + p_realized, 0))
   where agent_id = p_agent_id;
end
$$;

create function book_exposure(p_slug text, p_change numeric) returns void
language sql security definer set search_path = public, pg_temp as
  'insert into market_exposure as m (slug, open) values (p_slug, greatest(p_change, 0))
   on conflict (slug) do update set open = greatest(m.open + p_change, 0), updated_at = clock_timestamp()';

-- Intents -----------------------------------------------------------------------------------------------------------------------

create function submit_intent(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id text := p->>'intent';
  v_action text := p->>'action';
  v_origin text := coalesce(p->>'origin', 'agent');
  v_side text := p->>'side';
  v_price numeric(20,6) := (p->>'price')::numeric;
  v_size numeric(20,6) := (p->>'size')::numeric;
  v_worst numeric(20,6) := case when p->>'side' = 'BUY' then (p->>'worst')::numeric else 0 end;
  v_now timestamptz := wall_from_ns((p->>'market_now_ns')::bigint);
  v_until timestamptz := wall_from_ns((p->>'useful_until_ns')::bigint);
  v_market_cap numeric(20,6) := (p->>'market_cap')::numeric;
  v_order_cap numeric(20,6) := (p->>'per_order_limit')::numeric;
  v_old intents;
  v_floor floor_state;
  v_agent agents;
  v_token tokens;
  v_market markets;
  v_alloc allocations;
  v_exposure market_exposure;
  v_position positions;
  v_denial text := p->'denied'->>'reason';
  v_detail text := coalesce(p->'denied'->>'detail', '');
  v_event jsonb;
  v_target text;
begin
  perform 1 from leases where name = 'gateway' and epoch = (p->>'gateway_epoch')::bigint for share;
  if not found then
    return jsonb_build_object('outcome', 'denied', 'reason', 'gateway_fenced', 'recorded', false);
  end if;
  perform pg_advisory_xact_lock(hashtextextended(v_id, 7301));
  select * into v_old from intents where id = v_id;
  if found then
    return (select jsonb_build_object(
        'outcome', 'duplicate', 'first', v_old.result, 'reason', coalesce(v_old.denial, ''), 'detail', coalesce(v_old.denial_detail, ''),
        'order_id', coalesce(o.order_id, ''), 'state', coalesce(s.state, ''), 'cursor', coalesce(e.cursor, 0), 'event', e.body,
        'same', (v_old.action, v_old.price, v_old.size, v_old.side) is not distinct from (v_action, v_price, v_size, v_side)
                and v_old.market is not distinct from p->>'market' and v_old.outcome is not distinct from p->>'outcome',
        'recorded', true)
      from (select 1) one
      left join orders o on o.intent_id = v_id
      left join order_state s on s.order_id = o.order_id
      left join order_events e on e.agent_id = v_old.agent_id and e.intent_id = v_id and e.event in ('accepted', 'denied'));
  end if;

  select * into v_floor from floor_state where id = 1 for share;
  select * into v_agent from agents where name = p->>'agent' for share;
  if not found then
    return jsonb_build_object('outcome', 'denied', 'reason', 'agent_unknown', 'recorded', false);
  end if;
  -- A stale birth leaves no trace under this id, because its successor may rightly repeat the same intent.
  if v_origin = 'agent' and v_agent.epoch <> (p->>'epoch')::bigint then
    return jsonb_build_object('outcome', 'denied', 'reason', 'agent_fenced', 'recorded', false, 'epoch', v_agent.epoch);
  end if;

  if v_action = 'cancel' then
    select o.order_id into v_target from orders o where o.intent_id = p->>'cancels' and o.agent_id = v_agent.id;
    if v_denial is null and v_target is null then
      v_denial := 'nothing_to_cancel';
    end if;
    insert into intents (id, agent_id, epoch, gateway_epoch, origin, action, market, outcome, cancels, reason, useful_until, market_at,
                         feed_order, result, denial, denial_detail)
    values (v_id, v_agent.id, (p->>'epoch')::bigint, (p->>'gateway_epoch')::bigint, v_origin, 'cancel', p->>'market', p->>'outcome',
            p->>'cancels', coalesce(p->>'reason', ''), v_until, v_now, (p->>'feed_order')::bigint,
            case when v_denial is null then 'accepted' else 'denied' end, v_denial, case when v_denial is not null then v_detail end);
    v_event := emit_order_event(v_agent.id, v_id, v_target, case when v_denial is null then 'accepted' else 'denied' end, v_denial,
                                v_detail, null, true);
    return jsonb_build_object('outcome', case when v_denial is null then 'accepted' else 'denied' end, 'reason', coalesce(v_denial, ''),
        'detail', v_detail, 'order_id', coalesce(v_target, ''),
        'state', coalesce((select state from order_state where order_id = v_target), ''), 'cursor', v_event->'cursor', 'event', v_event,
        'recorded', true);
  end if;

  if v_action not in ('enter', 'exit') or (v_action = 'enter') <> (v_side = 'BUY') or v_side not in ('BUY', 'SELL') then
    raise exception 'intent %: % with side % is not one of the two shapes', v_id, v_action, v_side using errcode = 'FL020';
  end if;

  select * into v_token from tokens where slug = p->>'market' and outcome = p->>'outcome';
  select * into v_market from markets where slug = p->>'market';
  if v_denial is null then
    v_denial := case
      when v_token.token_id is null then 'market_unknown'
      when v_floor.halted then 'halted'
      when v_action = 'enter' and v_floor.mode <> 'ACTIVE' then 'mode'
      when v_action = 'exit' and v_floor.mode not in ('ACTIVE', 'REDUCE_ONLY') then 'mode'
      when v_action = 'enter' and v_origin <> 'agent' then 'gateway_may_only_exit'
      when v_action = 'enter' and v_agent.status <> 'RUNNING' then 'agent_not_running'
      when v_origin = 'agent' and v_agent.status not in ('RUNNING', 'PAUSED', 'DRAINING') then 'agent_not_running'
      when v_now > v_until then 'expired'
      when v_market.state in ('CLOSED', 'RESOLVED') or v_market.ends_at <= v_now then 'market_closed'
      when v_action = 'enter' and exists (select from order_state where token_id = v_token.token_id and state = 'UNKNOWN')
        then 'token_has_unknown_order'
      when v_side = 'BUY' and (v_worst is null or v_worst < round(v_price * v_size, 6)) then 'worst_case_too_low'
      when v_side = 'BUY' and v_worst > least(v_order_cap, v_floor.order_cap) then 'order_limit'
    end;
    if v_denial = 'mode' then
      v_detail := v_floor.mode;
    elsif v_denial = 'order_limit' then
      v_detail := format('%s > %s', trim_scale(v_worst), trim_scale(least(v_order_cap, v_floor.order_cap)));
    elsif v_denial = 'agent_not_running' then
      v_detail := v_agent.status;
    end if;
  end if;

  if v_denial is null then
    select * into v_alloc from allocations where agent_id = v_agent.id for update;
    if v_side = 'BUY' then
      if v_alloc.overdrawn > 0
         or v_alloc.reserved + v_alloc.invested + v_worst > v_alloc.allocated + least(v_alloc.realized, 0) then
        v_denial := 'allocation';
        v_detail := format('%s wanted, %s free', trim_scale(v_worst),
          trim_scale(v_alloc.allocated + least(v_alloc.realized, 0) - v_alloc.reserved - v_alloc.invested));
      else
        insert into market_exposure (slug, cap) values (v_market.slug, v_market_cap) on conflict (slug) do nothing;
        select * into v_exposure from market_exposure where slug = v_market.slug for update;
        if v_exposure.open + v_worst > least(v_exposure.cap, v_market_cap) then
          v_denial := 'market_cap';
          v_detail := format('%s open, %s wanted, cap %s', trim_scale(v_exposure.open), trim_scale(v_worst),
                             trim_scale(least(v_exposure.cap, v_market_cap)));
        end if;
      end if;
    else
      select * into v_position from positions where agent_id = v_agent.id and token_id = v_token.token_id for update;
      if v_position.agent_id is null or v_position.deficient or v_position.shares - v_position.reserved_shares < v_size then
        v_denial := 'no_shares';
        v_detail := format('%s wanted, %s free', trim_scale(v_size),
                           trim_scale(coalesce(v_position.shares - v_position.reserved_shares, 0)));
      end if;
    end if;
  end if;

  insert into intents (id, agent_id, epoch, gateway_epoch, origin, action, market, token_id, outcome, side, type, price, size, worst, reason,
                       useful_until, market_at, feed_order, book_at, result, denial, denial_detail)
  values (v_id, v_agent.id, coalesce((p->>'epoch')::bigint, v_agent.epoch), (p->>'gateway_epoch')::bigint, v_origin, v_action, p->>'market',
          v_token.token_id, p->>'outcome', v_side, p->>'type', v_price, v_size, v_worst, coalesce(p->>'reason', ''), v_until, v_now,
          (p->>'feed_order')::bigint, wall_from_ns((p->>'book_ts_ns')::bigint),
          case when v_denial is null then 'accepted' else 'denied' end, v_denial, case when v_denial is not null then v_detail end);

  if v_denial is not null then
    v_event := emit_order_event(v_agent.id, v_id, null, 'denied', v_denial, v_detail, null, true);
    perform write_audit('denied', jsonb_build_object('intent', v_id, 'agent', v_agent.name, 'reason', v_denial, 'detail', v_detail));
    return jsonb_build_object('outcome', 'denied', 'reason', v_denial, 'detail', v_detail, 'order_id', '', 'state', '',
                              'cursor', v_event->'cursor', 'event', v_event, 'recorded', true);
  end if;

  if v_side = 'BUY' then
    update allocations set reserved = reserved + v_worst, updated_at = clock_timestamp() where agent_id = v_agent.id;
    update market_exposure set open = open + v_worst, updated_at = clock_timestamp() where slug = v_market.slug;
  else
    update positions set reserved_shares = reserved_shares + v_size, updated_at = clock_timestamp()
     where agent_id = v_agent.id and token_id = v_token.token_id;
  end if;
  insert into orders (order_id, intent_id, agent_id, token_id, slug, outcome, side, type, price, size, worst, signed_body, gateway_epoch,
                      useful_until, expires_at, is_paper, market_at)
  values (p->>'order_id', v_id, v_agent.id, v_token.token_id, v_market.slug, v_token.outcome, v_side, p->>'type', v_price, v_size, v_worst,
          decode(p->>'signed_body', 'base64'), (p->>'gateway_epoch')::bigint, v_until, wall_from_ns((p->>'expires_ns')::bigint),
          v_floor.is_paper, v_now);
  insert into order_state (order_id, agent_id, token_id, state, reserved, reserved_shares)
  values (p->>'order_id', v_agent.id, v_token.token_id, 'SENDING', v_worst, case when v_side = 'SELL' then v_size else 0 end);
  v_event := emit_order_event(v_agent.id, v_id, p->>'order_id', 'accepted', '', '', null, false);
  perform write_audit('order', jsonb_build_object('order', p->>'order_id', 'intent', v_id, 'agent', v_agent.name, 'epoch', v_agent.epoch,
    'gateway_epoch', (p->>'gateway_epoch')::bigint, 'market', v_market.slug, 'outcome', v_token.outcome, 'side', v_side,
    'type', p->>'type', 'price', v_price, 'size', v_size, 'worst', v_worst, 'body_sha256', encode(sha256(decode(p->>'signed_body', 'base64')), 'hex')));
  return jsonb_build_object('outcome', 'accepted', 'reason', '', 'detail', '', 'order_id', p->>'order_id', 'state', 'SENDING',
                            'cursor', v_event->'cursor', 'event', v_event, 'recorded', true);
end
$$;

create function offer_intent(p jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_agent agents := find_agent(p->>'agent');
  v_id bigint;
begin
  if session_user like 'floor\_agent\_%' and v_agent.id is distinct from current_agent_id() then
    raise exception '% does not speak for %', session_user, v_agent.name using errcode = '42501';
  end if;
  if octet_length(p::text) > 8192 then
    raise exception 'an intent has at most 8192 bytes' using errcode = 'FL020';
  end if;
  if (select count(*) from offered_intents where taken_at is null and agent_id = v_agent.id) >= 100 then
    raise exception 'agent % has 100 intents waiting', v_agent.name using errcode = 'FL021';
  end if;
  insert into offered_intents (agent_id, body) values (v_agent.id, p) returning id into v_id;
  perform pg_notify('floor_intents', '');
  return v_id;
end
$$;
comment on function offer_intent is 'Hands an intent message (the very one of the channel, proof included) to the gateway while Redis is away.';

create function take_offered_intents(p_gateway_epoch bigint, p_limit integer default 100) returns setof jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('gateway', p_gateway_epoch);
  return query
    update offered_intents o set taken_at = clock_timestamp()
      from (select id from offered_intents where taken_at is null order by id limit p_limit for update skip locked) w
     where o.id = w.id
    returning o.body;
end
$$;

create function order_events_since(p_agent text, p_cursor bigint, p_limit integer default 500)
returns table (cursor bigint, body jsonb)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  v_agent agents := find_agent(p_agent);
begin
  if session_user like 'floor\_agent\_%' and v_agent.id is distinct from current_agent_id() then
    raise exception '% does not speak for %', session_user, p_agent using errcode = '42501';
  end if;
  return query select e.cursor, e.body from order_events e where e.agent_id = v_agent.id and e.cursor > p_cursor
                order by e.cursor limit p_limit;
end
$$;

-- Orders ------------------------------------------------------------------------------------------------------------------------

-- Gives back what an order still reserves. The caller holds the order_state row.
create function release_order(p_order orders, p_state order_state) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if p_state.reserved > 0 then
    perform 1 from allocations where agent_id = p_order.agent_id for update;
    perform book_allocation(p_order.agent_id, -p_state.reserved, 0, 0);
    perform book_exposure(p_order.slug, -p_state.reserved);
  end if;
  if p_state.reserved_shares > 0 then
    update positions
       set reserved_shares = reserved_shares - p_state.reserved_shares, updated_at = clock_timestamp(),
           deficient = shares < 0 or shares < reserved_shares - p_state.reserved_shares
     where agent_id = p_order.agent_id and token_id = p_order.token_id;
  end if;
end
$$;

create function advance_order(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_to text := p->>'state';
  v_reason text := coalesce(p->>'reason', '');
  v_order orders;
  v_state order_state;
  v_event_name text;
  v_event jsonb;
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  select * into v_state from order_state where order_id = p->>'order_id' for update;
  if not found then
    return jsonb_build_object('outcome', 'order_unknown', 'state', '');
  end if;
  if v_state.state = v_to then
    return jsonb_build_object('outcome', 'unchanged', 'state', v_state.state);
  end if;
  if not order_edge_exists(v_state.state, v_to) then
    return jsonb_build_object('outcome', 'refused', 'state', v_state.state);
  end if;
  select * into v_order from orders where order_id = v_state.order_id;
  if order_state_is_final(v_to) then
    update order_state set state = v_to, reserved = 0, reserved_shares = 0, reason = v_reason, detail = coalesce(p->>'detail', ''),
           changes = changes + 1, updated_at = clock_timestamp()
     where order_id = v_order.order_id;
    perform release_order(v_order, v_state);
  else
    update order_state set state = v_to, reason = v_reason, detail = coalesce(p->>'detail', ''), changes = changes + 1,
           updated_at = clock_timestamp()
     where order_id = v_order.order_id;
  end if;
  v_event_name := case when v_to = 'LIVE' and v_state.state <> 'CANCEL_SENT' then 'live' when v_to = 'UNKNOWN' then 'unknown'
                       when v_to = 'REJECTED' then 'rejected' when order_state_is_final(v_to) then 'done' end;
  if v_event_name is not null then
    v_event := emit_order_event(v_order.agent_id, v_order.intent_id, v_order.order_id, v_event_name,
      case when v_reason = '' and order_state_is_final(v_to) then lower(v_to) else v_reason end, p->>'detail', null,
      order_state_is_final(v_to));
  end if;
  perform write_audit('order_state', jsonb_build_object('order', v_order.order_id, 'from', v_state.state, 'to', v_to, 'reason', v_reason));
  return jsonb_build_object('outcome', 'advanced', 'state', v_to, 'from', v_state.state, 'cursor', v_event->'cursor', 'event', v_event);
end
$$;

-- Round trips -------------------------------------------------------------------------------------------------------------------

-- What a round trip's standing fills and settlements come to, one row per step in the order they were recorded. Average cost; a sale
-- takes its part of cost and fees rounded to 10^-6, and all of it when it empties the position, so nothing is left behind.
create type trade_step as (
  venue_trade_id text, order_id text, shares numeric(20,6), cost numeric(20,6), fees numeric(20,6), realized numeric(20,6)
);
create type trade_total as (
  shares numeric(20,6), cost numeric(20,6), fees numeric(20,6), realized numeric(20,6), bought numeric(20,6), paid numeric(20,6),
  sold numeric(20,6), proceeds numeric(20,6), all_fees numeric(20,6), first_at timestamptz, first_market_at timestamptz,
  last_at timestamptz, last_market_at timestamptz, last_intent text, last_kind text, steps integer
);

create function replay_trade(p_trade bigint, p_write boolean) returns trade_total
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  t trade_total := row(0, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null, null, null, null, 0);
  v record;
  v_cost numeric(20,6);
  v_fees numeric(20,6);
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
    t.steps := t.steps + 1;
    if v.side = 'BUY' then
      t.shares := t.shares + v.size;
      t.cost := t.cost + v.notional;
      t.fees := t.fees + v.fee;
      t.bought := t.bought + v.size;
      t.paid := t.paid + v.notional;
      v_realized := 0;
    else
      if v.size >= t.shares then
        v_cost := t.cost;
        v_fees := t.fees;
      else
        v_cost := round(t.cost * v.size / t.shares, 6);
        v_fees := round(t.fees * v.size / t.shares, 6);
      end if;
      v_realized := v.notional - v.fee - v_cost - v_fees;
      t.shares := t.shares - v.size;
      t.cost := t.cost - v_cost;
      t.fees := t.fees - v_fees;
      t.realized := t.realized + v_realized;
      t.sold := t.sold + v.size;
      t.proceeds := t.proceeds + v.notional;
    end if;
    t.all_fees := t.all_fees + v.fee;
    t.first_at := coalesce(t.first_at, v.at);
    t.first_market_at := coalesce(t.first_market_at, v.market_at);
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
comment on function replay_trade is 'Recomputes a round trip from its standing fills and settlements; p_write also corrects what each fill realised.';

create function write_trade_record(p_trade bigint, p_agent bigint, p_token text, t trade_total) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id bigint;
begin
  insert into trade_records (id, agent_id, token_id, market, side, entry_price, exit_price, shares, cost, proceeds, fees, pnl, opened_at,
                             opened_market_at, executed_at, market_at, exit_reason, is_paper)
  select p_trade, p_agent, p_token, k.slug, k.outcome, round(t.paid / t.bought, 6), round(t.proceeds / t.sold, 6), t.bought, t.paid, t.proceeds,
         t.all_fees, t.proceeds - t.paid - t.all_fees, t.first_at, t.first_market_at, t.last_at, t.last_market_at,
         case when t.last_kind = 'settlement' then 'settlement'
              else coalesce(nullif((select reason from intents where id = t.last_intent), ''), 'exit') end,
         (select is_paper from floor_state where id = 1)
    from tokens k where k.token_id = p_token
  returning id into v_id;
  return v_id;
end
$$;

-- Puts a position on what its round trip now comes to, books the difference, and writes the trade when it is flat. The caller holds
-- the allocation row. Returns the trade record's id when one was written.
create function apply_trade(p_trade bigint, p_agent bigint, p_token text, p_slug text, p_before trade_total, p_after trade_total,
                            p_at timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_change numeric(20,6) := (p_after.cost + p_after.fees) - (p_before.cost + p_before.fees);
  v_flat boolean := p_after.shares = 0;
begin
  perform book_allocation(p_agent, 0, v_change, p_after.realized - p_before.realized);
  update positions
     set shares = p_after.shares, cost = p_after.cost, fees = p_after.fees, last_fill_at = p_at, updated_at = clock_timestamp(),
         trade_id = case when v_flat then null else p_trade end,
         opened_at = case when v_flat then null else p_after.first_at end,
         opened_market_at = case when v_flat then null else p_after.first_market_at end,
         deficient = p_after.shares < 0 or reserved_shares > p_after.shares
   where agent_id = p_agent and token_id = p_token;
  perform book_exposure(p_slug, v_change);
  if v_flat and p_after.sold <> 0 and p_after.bought <> 0 then
    return write_trade_record(p_trade, p_agent, p_token, p_after);
  end if;
  return null;
end
$$;

create function settle_position(p_agent bigint, p_token text, p_slug text, p_payout numeric, p_market_at timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_position positions;
  v_proceeds numeric(20,6);
  v_settlement bigint;
  v_before trade_total;
  v_trade bigint;
begin
  select * into v_position from positions where agent_id = p_agent and token_id = p_token for update;
  if not found or v_position.shares = 0 then
    return null;
  end if;
  v_before := replay_trade(v_position.trade_id, false);
  v_proceeds := round(v_position.shares * p_payout, 6);
  insert into settlements (slug, agent_id, token_id, trade_id, shares, payout, proceeds, realized, market_at)
  values (p_slug, p_agent, p_token, v_position.trade_id, v_position.shares, p_payout, v_proceeds,
          v_proceeds - v_position.cost - v_position.fees, p_market_at)
  returning id into v_settlement;
  v_trade := apply_trade(v_position.trade_id, p_agent, p_token, p_slug, v_before, replay_trade(v_position.trade_id, false), clock_timestamp());
  perform post_ledger('settle', v_settlement::text, p_market_at, jsonb_build_array(
    jsonb_build_array(agent_account(p_agent), 'USD', v_proceeds), jsonb_build_array('venue', 'USD', -v_proceeds),
    jsonb_build_array(agent_account(p_agent), p_token, -v_position.shares), jsonb_build_array('venue', p_token, v_position.shares)));
  return v_trade;
end
$$;

-- Fills -------------------------------------------------------------------------------------------------------------------------

create function fill_lines(f fills, p_sign integer) returns jsonb language sql immutable
  return case when f.side = 'BUY' then jsonb_build_array(
    jsonb_build_array(agent_account(f.agent_id), 'USD', -p_sign * (f.notional + f.fee)), jsonb_build_array('venue', 'USD', p_sign * f.notional),
    jsonb_build_array('fees', 'USD', p_sign * f.fee),
    jsonb_build_array(agent_account(f.agent_id), f.token_id, p_sign * f.size), jsonb_build_array('venue', f.token_id, -p_sign * f.size))
  else jsonb_build_array(
    jsonb_build_array(agent_account(f.agent_id), 'USD', p_sign * (f.notional - f.fee)), jsonb_build_array('venue', 'USD', -p_sign * f.notional),
    jsonb_build_array('fees', 'USD', p_sign * f.fee),
    jsonb_build_array(agent_account(f.agent_id), f.token_id, -p_sign * f.size), jsonb_build_array('venue', f.token_id, p_sign * f.size))
  end;

create function order_settlement(p_order text) returns text language sql stable security definer set search_path = public, pg_temp as $$
  select case when count(*) = 0 then 'NONE' when bool_and(status = 'FAILED') then 'FAILED' when bool_or(status = 'FAILED') then 'MIXED'
              when bool_and(status = 'CONFIRMED') then 'CONFIRMED' else 'PENDING' end
    from fill_state where order_id = p_order
$$;

-- Takes a failed fill out of everything it touched. The caller holds order_state and the allocation.
create function void_fill(f fills, p_slug text, p_reason text) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_trade bigint;
  v_open bigint;
  v_record trade_records;
  v_before trade_total;
  v_after trade_total;
  v_paid numeric(20,6);
  v_settled numeric(20,6);
  v_payout numeric(20,6);
  v_correction bigint;
  v_change numeric(20,6);
  v_signed numeric(20,6) := case when f.side = 'BUY' then f.size else -f.size end;
begin
  select trade_id into v_trade from fill_state where venue_trade_id = f.venue_trade_id and order_id = f.order_id;
  select trade_id into v_open from positions where agent_id = f.agent_id and token_id = f.token_id for update;
  v_before := replay_trade(v_trade, false);
  update fill_state set status = 'FAILED', voided_at = clock_timestamp(), realized = 0, updated_at = clock_timestamp()
   where venue_trade_id = f.venue_trade_id and order_id = f.order_id;
  perform post_ledger('void', f.venue_trade_id || '/' || f.order_id, f.market_at, fill_lines(f, -1));

  select sum(shares), max(payout) into v_settled, v_payout from settlements where trade_id = v_trade;
  if coalesce(v_settled, 0) <> 0 then
    -- The outcome was paid on shares that never came (or not paid on shares that never left): correct the settlement alike.
    v_paid := round(v_signed * v_payout, 6);
    insert into settlements (slug, agent_id, token_id, trade_id, shares, payout, proceeds, realized, kind, market_at)
    values (p_slug, f.agent_id, f.token_id, v_trade, -v_signed, v_payout, -v_paid, 0, 'correct', f.market_at) returning id into v_correction;
    perform post_ledger('correct', v_correction::text, f.market_at, jsonb_build_array(
      jsonb_build_array(agent_account(f.agent_id), 'USD', -v_paid), jsonb_build_array('venue', 'USD', v_paid),
      jsonb_build_array(agent_account(f.agent_id), f.token_id, v_signed), jsonb_build_array('venue', f.token_id, -v_signed)));
  end if;

  if v_open is not distinct from v_trade then
    v_after := replay_trade(v_trade, true);
    perform apply_trade(v_trade, f.agent_id, f.token_id, p_slug, v_before, v_after, clock_timestamp());
    return jsonb_build_object('trade', v_trade, 'shares', v_after.shares);
  end if;

  -- The round trip was closed: its record no longer stands. What is left of it joins the open one, or reopens, or stands anew.
  update trade_records set voided_at = clock_timestamp(), void_reason = p_reason where id = v_trade and voided_at is null;
  v_after := replay_trade(v_trade, true);
  if v_after.shares = 0 then
    v_change := (v_after.cost + v_after.fees) - (v_before.cost + v_before.fees);
    perform book_allocation(f.agent_id, 0, v_change, v_after.realized - v_before.realized);
    if v_after.bought <> 0 and v_after.sold <> 0 then
      v_open := nextval('trade_numbers');
      update fill_state set trade_id = v_open where trade_id = v_trade and voided_at is null;
      perform write_trade_record(v_open, f.agent_id, f.token_id, v_after);
    end if;
    return jsonb_build_object('trade', v_trade, 'shares', 0);
  end if;
  -- Take the closed trip off the books, put its fills to the open (or a fresh) trip, and book that as a whole.
  perform book_allocation(f.agent_id, 0, -(v_before.cost + v_before.fees), -v_before.realized);
  v_open := coalesce(v_open, nextval('trade_numbers'));
  v_before := replay_trade(v_open, false);
  update fill_state set trade_id = v_open where trade_id = v_trade and voided_at is null;
  v_after := replay_trade(v_open, true);
  perform apply_trade(v_open, f.agent_id, f.token_id, p_slug, v_before, v_after, clock_timestamp());
  return jsonb_build_object('trade', v_open, 'shares', v_after.shares);
end
$$;

create function record_fill(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_status text := coalesce(p->>'status', 'MATCHED');
  v_order orders;
  v_state order_state;
  v_market markets;
  v_fill fills;
  v_seen fill_state;
  v_trade bigint;
  v_record bigint;
  v_before trade_total;
  v_after trade_total;
  v_release numeric(20,6);
  v_release_shares numeric(20,6) := 0;
  v_filled numeric(20,6);
  v_event jsonb;
  v_done jsonb;
  v_new boolean := false;
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  select * into v_state from order_state where order_id = p->>'order_id' for update;
  if not found then
    return jsonb_build_object('outcome', 'order_unknown', 'new', false);
  end if;
  select * into v_order from orders where order_id = v_state.order_id;

  insert into fills (venue_trade_id, order_id, agent_id, token_id, side, price, size, notional, fee, liquidity, source, executed_at, market_at)
  values (p->>'trade', v_order.order_id, v_order.agent_id, v_order.token_id, v_order.side, (p->>'price')::numeric, (p->>'size')::numeric,
          coalesce((p->>'notional')::numeric, round((p->>'price')::numeric * (p->>'size')::numeric, 6)), coalesce((p->>'fee')::numeric, 0),
          coalesce(p->>'liquidity', 'TAKER'), coalesce(p->>'source', ''),
          coalesce(wall_from_ns((p->>'executed_ns')::bigint), clock_timestamp()), wall_from_ns((p->>'market_ns')::bigint))
  on conflict (venue_trade_id, order_id) do nothing
  returning * into v_fill;
  v_new := v_fill.order_id is not null;

  if v_new then
    perform 1 from allocations where agent_id = v_order.agent_id for update;
    insert into positions (agent_id, token_id) values (v_order.agent_id, v_order.token_id) on conflict do nothing;
    select trade_id into v_trade from positions where agent_id = v_order.agent_id and token_id = v_order.token_id for update;
    v_trade := coalesce(v_trade, nextval('trade_numbers'));
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

    v_before := replay_trade(v_trade, false);
    insert into fill_state (venue_trade_id, order_id, trade_id, status) values (v_fill.venue_trade_id, v_fill.order_id, v_trade,
      case when v_status = 'FAILED' then 'MATCHED' else v_status end);
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
    select * into v_fill from fills where venue_trade_id = p->>'trade' and order_id = v_order.order_id;
    if (v_fill.price, v_fill.size) is distinct from ((p->>'price')::numeric(20,6), (p->>'size')::numeric(20,6)) then
      perform report_event('ERROR', 'gateway', 'fill_conflict', 'a repeated fill differs from the recorded one',
        jsonb_build_object('trade', v_fill.venue_trade_id, 'order', v_fill.order_id, 'price', v_fill.price, 'size', v_fill.size,
                           'told_price', p->'price', 'told_size', p->'size', 'source', p->'source'));
      return jsonb_build_object('outcome', 'conflict', 'new', false);
    end if;
  end if;

  select * into v_seen from fill_state where venue_trade_id = v_fill.venue_trade_id and order_id = v_fill.order_id;
  if v_status = 'FAILED' and v_seen.status not in ('FAILED', 'CONFIRMED') then
    perform 1 from allocations where agent_id = v_order.agent_id for update;
    perform void_fill(v_fill, v_order.slug, coalesce(p->>'reason', 'settlement failed'));
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
    update order_state set settlement = order_settlement(order_id), updated_at = clock_timestamp() where order_id = v_order.order_id;
  end if;
  return jsonb_build_object('outcome', case when v_new then 'recorded' else 'duplicate' end, 'new', v_new, 'event', v_event, 'done', v_done,
    'cursor', coalesce(v_done, v_event)->'cursor', 'trade_record', v_record, 'agent', (select name from agents where id = v_order.agent_id),
    'state', (select state from order_state where order_id = v_order.order_id),
    'position', (select shares from positions where agent_id = v_order.agent_id and token_id = v_order.token_id));
end
$$;

create function settle_market(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_market markets;
  v_yes numeric(20,6) := (p->>'payout_yes')::numeric;
  v_at timestamptz := wall_from_ns((p->>'market_now_ns')::bigint);
  v_position record;
  v_payout numeric(20,6);
  v_record bigint;
  v_events jsonb := '[]';
  v_records jsonb := '[]';
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  select * into v_market from markets where slug = p->>'slug';
  if not found then
    return jsonb_build_object('outcome', 'market_unknown');
  end if;
  if v_market.state = 'RESOLVED' and v_market.payout_yes <> v_yes then
    raise exception 'market % was settled at % and now is told %', v_market.slug, v_market.payout_yes, v_yes using errcode = 'FL014';
  end if;
  perform 1 from allocations where agent_id in
      (select agent_id from positions join tokens using (token_id) where slug = v_market.slug and shares <> 0)
    order by agent_id for update;
  for v_position in
    select x.agent_id, x.token_id, x.shares, t.outcome from positions x join tokens t using (token_id)
     where t.slug = v_market.slug and x.shares <> 0 order by x.agent_id, x.token_id
  loop
    v_payout := case v_position.outcome when 'YES' then v_yes else 1 - v_yes end;
    v_record := settle_position(v_position.agent_id, v_position.token_id, v_market.slug, v_payout, v_at);
    v_records := v_records || to_jsonb(v_record);
    v_events := v_events || emit_order_event(v_position.agent_id, null, null, 'settled', 'settlement', '', jsonb_build_object(
      'trade', v_record, 'price', trim_scale(v_payout)::text, 'size', trim_scale(v_position.shares)::text, 'fee', '0', 'side', 'SELL',
      'outcome', v_position.outcome, 'market', v_market.slug, 'token', v_position.token_id), true);
  end loop;
  update markets set state = 'RESOLVED', payout_yes = v_yes, resolved_at = clock_timestamp(), updated_at = clock_timestamp(),
         resolved_outcome = case v_yes when 1 then 'YES' when 0 then 'NO' else 'SPLIT' end
   where slug = v_market.slug and state <> 'RESOLVED';
  if found then
    perform write_audit('settle', p);
  end if;
  return jsonb_build_object('outcome', case when v_market.state = 'RESOLVED' and v_events = '[]' then 'duplicate' else 'settled' end,
                            'trades', v_records, 'events', v_events);
end
$$;

create function record_evidence(p jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id bigint;
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  insert into evidence (kind, body, gateway_epoch, market_at)
  values (p->>'kind', p->'body', (p->>'gateway_epoch')::bigint, wall_from_ns((p->>'market_now_ns')::bigint)) returning id into v_id;
  return v_id;
end
$$;

create function agent_snapshot(p_agent text) returns jsonb
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  v_agent agents := find_agent(p_agent);
begin
  if session_user like 'floor\_agent\_%' and v_agent.id is distinct from current_agent_id() then
    raise exception '% does not speak for %', session_user, p_agent using errcode = '42501';
  end if;
  return jsonb_build_object(
    'id', v_agent.id, 'name', v_agent.name, 'epoch', v_agent.epoch, 'status', v_agent.status, 'strategy', v_agent.strategy,
    'parameters', v_agent.parameters,
    'cursor', (select cursor from agent_cursors where agent_id = v_agent.id),
    'allocation', (select jsonb_build_object('allocated', allocated::text, 'reserved', reserved::text, 'invested', invested::text,
                     'realized', realized::text, 'free', (allocated + least(realized, 0) - reserved - invested)::text)
                     from allocations where agent_id = v_agent.id),
    'positions', (select coalesce(jsonb_agg(jsonb_build_object('market', t.slug, 'outcome', t.outcome, 'token', x.token_id,
                     'shares', x.shares::text, 'reserved', x.reserved_shares::text, 'cost', x.cost::text, 'fees', x.fees::text,
                     'opened_at', x.opened_at, 'opened_market_ns', (extract(epoch from x.opened_market_at) * 1000000)::bigint * 1000)
                     order by t.slug, t.outcome), '[]')
                    from positions x join tokens t using (token_id) where x.agent_id = v_agent.id and x.shares <> 0),
    'orders', (select coalesce(jsonb_agg(jsonb_build_object('intent', o.intent_id, 'order', o.order_id, 'market', o.slug, 'outcome', o.outcome,
                     'side', o.side, 'type', o.type, 'price', o.price::text, 'size', o.size::text, 'filled', s.filled::text, 'state', s.state)
                     order by o.created_at), '[]')
                 from order_state s join orders o using (order_id) where s.agent_id = v_agent.id and not order_state_is_final(s.state)),
    'checkpoint', (select jsonb_build_object('seq', seq, 'epoch', epoch, 'state', state) from checkpoints where agent_id = v_agent.id));
end
$$;
comment on function agent_snapshot is 'All an agent needs to resume, in one answer: positions, open orders, event cursor, capital, checkpoint.';

reset role;
