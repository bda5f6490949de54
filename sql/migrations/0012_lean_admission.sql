-- The order path does less: the price waits for this commit. What is checked, locked and recorded stays as it was.
--
-- Functions written in SQL that the planner cannot inline are parsed and planned at every call; those on the path are inlined now
-- (their bodies are immutable) or written in PL/pgSQL, whose plans are kept. A repetition count in a regular expression makes a state of
-- each position, built anew for every match: the same rule as a simple pattern and a length costs a twentieth.
set local role floor_owner;

create or replace function wall_from_ns(p_ns bigint) returns timestamptz language sql immutable parallel safe
  return to_timestamp((p_ns / 1000)::double precision / 1000000);

create or replace function agent_account(p_agent_id bigint) returns text language sql immutable parallel safe
  return 'agent:' || p_agent_id::text;

create or replace function write_audit(p_kind text, p_body jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into audit_outbox (kind, body) values (p_kind, p_body);
end
$$;

create or replace function book_exposure(p_slug text, p_change numeric) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into market_exposure as m (slug, open) values (p_slug, greatest(p_change, 0))
  on conflict (slug) do update set open = greatest(m.open + p_change, 0), updated_at = clock_timestamp();
end
$$;

alter table intents drop constraint intents_id_check, add constraint intents_id_check check (id ~ '^[a-z0-9.-]+$' and length(id) <= 80);
alter table orders drop constraint orders_order_id_check,
  add constraint orders_order_id_check check (order_id ~ '^0x[0-9a-f]+$' and length(order_id) = 66);

create or replace function submit_intent(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
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
  v_token_id text;
  v_outcome text;
  v_slug text;
  v_market_state text;
  v_ends_at timestamptz;
  v_alloc allocations;
  v_exposure market_exposure;
  v_position positions;
  v_denial text := p->'denied'->>'reason';
  v_detail text := coalesce(p->'denied'->>'detail', '');
  v_event jsonb;
  v_cursor bigint;
  v_target text;
  v_body bytea := decode(p->>'signed_body', 'base64');
  -- Sent from the journal while this database was away: it is a fact already, and is recorded whatever the rules say now.
  v_journaled boolean := coalesce((p->>'journaled')::boolean, false);
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
  if v_origin = 'agent' and not v_journaled and v_agent.epoch <> (p->>'epoch')::bigint then
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

  if v_journaled and (v_action <> 'exit' or v_side <> 'SELL') then
    raise exception 'intent %: only exits are sent from the journal', v_id using errcode = 'FL020';
  end if;
  if v_denial is null and (v_action not in ('enter', 'exit') or (v_action = 'enter') <> (v_side = 'BUY') or v_side not in ('BUY', 'SELL')) then
    raise exception 'intent %: % with side % is not one of the two shapes', v_id, v_action, v_side using errcode = 'FL020';
  end if;

  select t.token_id, t.outcome, m.slug, m.state, m.ends_at into v_token_id, v_outcome, v_slug, v_market_state, v_ends_at
    from tokens t join markets m on m.slug = t.slug where t.slug = p->>'market' and t.outcome = p->>'outcome';
  if v_denial is null then
    v_denial := case
      when v_token_id is null then 'market_unknown'
      when v_journaled then null
      when v_floor.halted then 'halted'
      when v_action = 'enter' and v_floor.mode <> 'ACTIVE' then 'mode'
      when v_action = 'exit' and v_floor.mode not in ('ACTIVE', 'REDUCE_ONLY') then 'mode'
      when v_action = 'enter' and v_origin <> 'agent' then 'gateway_may_only_exit'
      when v_action = 'enter' and v_agent.status <> 'RUNNING' then 'agent_not_running'
      when v_origin = 'agent' and v_agent.status not in ('RUNNING', 'PAUSED', 'DRAINING') then 'agent_not_running'
      when v_now > v_until then 'expired'
      when v_market_state in ('CLOSED', 'RESOLVED') or v_ends_at <= v_now then 'market_closed'
      when v_action = 'enter' and exists (select from order_state where token_id = v_token_id and state = 'UNKNOWN')
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
    if v_side = 'BUY' then
      -- One statement looks, locks and reserves: a denial finds out afterwards what stood in the way.
      update allocations set reserved = reserved + v_worst, updated_at = clock_timestamp()
       where agent_id = v_agent.id and overdrawn <= 0
         and reserved + invested + v_worst <= allocated + least(realized, 0);
      if not found then
        select * into v_alloc from allocations where agent_id = v_agent.id;
        v_denial := 'allocation';
        v_detail := format('%s wanted, %s free', trim_scale(v_worst),
          trim_scale(v_alloc.allocated + least(v_alloc.realized, 0) - v_alloc.reserved - v_alloc.invested));
      else
        insert into market_exposure as m (slug, cap, open)
        select v_slug, v_market_cap, v_worst where v_market_cap is null or v_worst <= v_market_cap
        on conflict (slug) do update set open = m.open + excluded.open, updated_at = clock_timestamp()
         where coalesce(m.open + excluded.open <= least(m.cap, v_market_cap), true);
        if not found then
          update allocations set reserved = reserved - v_worst where agent_id = v_agent.id;
          -- The first cap that is named for a market stays, whatever became of the order that named it.
          insert into market_exposure (slug, cap) values (v_slug, v_market_cap) on conflict (slug) do nothing;
          select * into v_exposure from market_exposure where slug = v_slug;
          v_denial := 'market_cap';
          v_detail := format('%s open, %s wanted, cap %s', trim_scale(coalesce(v_exposure.open, 0)), trim_scale(v_worst),
                             trim_scale(least(v_exposure.cap, v_market_cap)));
        end if;
      end if;
    else
      perform 1 from allocations where agent_id = v_agent.id for update;
      select * into v_position from positions where agent_id = v_agent.id and token_id = v_token_id for update;
      if v_journaled and v_position.agent_id is null then
        insert into positions (agent_id, token_id, deficient) values (v_agent.id, v_token_id, true) returning * into v_position;
      elsif v_journaled then
        null;
      elsif v_position.agent_id is null or v_position.deficient or v_position.shares - v_position.reserved_shares < v_size then
        v_denial := 'no_shares';
        v_detail := format('%s wanted, %s free', trim_scale(v_size),
                           trim_scale(coalesce(v_position.shares - v_position.reserved_shares, 0)));
      end if;
    end if;
  end if;

  insert into intents (id, agent_id, epoch, gateway_epoch, origin, action, market, token_id, outcome, side, type, price, size, worst, reason,
                       useful_until, market_at, feed_order, book_at, result, denial, denial_detail)
  values (v_id, v_agent.id, coalesce((p->>'epoch')::bigint, v_agent.epoch), (p->>'gateway_epoch')::bigint, v_origin, v_action, p->>'market',
          v_token_id, p->>'outcome', v_side, p->>'type', v_price, v_size, v_worst, coalesce(p->>'reason', ''), v_until, v_now,
          (p->>'feed_order')::bigint, wall_from_ns((p->>'book_ts_ns')::bigint),
          case when v_denial is null then 'accepted' else 'denied' end, v_denial, case when v_denial is not null then v_detail end);

  if v_denial is not null then
    v_event := emit_order_event(v_agent.id, v_id, null, 'denied', v_denial, v_detail, null, true);
    perform write_audit('denied', jsonb_build_object('intent', v_id, 'agent', v_agent.name, 'reason', v_denial, 'detail', v_detail));
    return jsonb_build_object('outcome', 'denied', 'reason', v_denial, 'detail', v_detail, 'order_id', '', 'state', '',
                              'cursor', v_event->'cursor', 'event', v_event, 'recorded', true);
  end if;

  if v_side = 'SELL' then
    update positions set reserved_shares = reserved_shares + v_size, updated_at = clock_timestamp(),
           deficient = deficient or reserved_shares + v_size > shares
     where agent_id = v_agent.id and token_id = v_token_id;
  end if;
  insert into orders (order_id, intent_id, agent_id, token_id, slug, outcome, side, type, price, size, worst, signed_body, gateway_epoch,
                      useful_until, expires_at, is_paper, market_at)
  values (p->>'order_id', v_id, v_agent.id, v_token_id, v_slug, v_outcome, v_side, p->>'type', v_price, v_size, v_worst,
          v_body, (p->>'gateway_epoch')::bigint, v_until, wall_from_ns((p->>'expires_ns')::bigint),
          v_floor.is_paper, v_now);
  insert into order_state (order_id, agent_id, token_id, state, reserved, reserved_shares)
  values (p->>'order_id', v_agent.id, v_token_id, 'SENDING', v_worst, case when v_side = 'SELL' then v_size else 0 end);
  -- What emit_order_event would gather from the rows just written.
  update agent_cursors set cursor = cursor + 1 where agent_id = v_agent.id returning cursor into v_cursor;
  v_event := jsonb_build_object(
    'cursor', v_cursor, 'agent', v_agent.name, 'epoch', v_agent.epoch, 'intent', v_id, 'order', p->>'order_id', 'event', 'accepted',
    'reason', '', 'detail', '', 'fill', null::jsonb, 'remaining', trim_scale(v_size)::text,
    'position', trim_scale(coalesce((select shares from positions where agent_id = v_agent.id and token_id = v_token_id), 0))::text,
    'market', v_slug, 'outcome', v_outcome, 'final', false);
  insert into order_events (agent_id, cursor, intent_id, order_id, event, reason, body)
  values (v_agent.id, v_cursor, v_id, p->>'order_id', 'accepted', '', v_event);
  insert into audit_outbox (kind, body)
  values ('order', jsonb_build_object('order', p->>'order_id', 'intent', v_id, 'agent', v_agent.name, 'epoch', v_agent.epoch,
    'gateway_epoch', (p->>'gateway_epoch')::bigint, 'market', v_slug, 'outcome', v_outcome, 'side', v_side,
    'type', p->>'type', 'price', v_price, 'size', v_size, 'worst', v_worst, 'body_sha256', encode(sha256(v_body), 'hex')));
  return jsonb_build_object('outcome', 'accepted', 'reason', '', 'detail', '', 'order_id', p->>'order_id', 'state', 'SENDING',
                            'cursor', v_cursor, 'event', v_event, 'recorded', true);
end
$$;


reset role;
