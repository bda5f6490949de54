-- A price waits for the admission, and the next order for the end of the one before: both do the same with fewer statements, and the rules
-- of the rows they write are guards (triggers) now. PostgreSQL reads the text of every CHECK anew for each statement, and looks each
-- foreign key up by a statement of its own; together they were a third of an admission. docs/performance.md has the figures.
set local role floor_owner;

-- Guards ------------------------------------------------------------------------------------------------------------------------

do $$
declare
  v record;
begin
  for v in select conrelid::regclass as of, conname from pg_constraint
            where contype in ('c', 'f') and conrelid in ('intents'::regclass, 'orders'::regclass, 'order_state'::regclass,
                                                         'order_events'::regclass)
               or contype = 'c' and conrelid = 'allocations'::regclass
  loop
    execute format('alter table %s drop constraint %I', v.of, v.conname);
  end loop;
end
$$;

-- What the foreign keys forbade: these rows are named by facts. The other side, that a name exists, is read in the statement that
-- admits (submit_intent), and sql/operator/invariants.sql looks for names of nothing.
create trigger rows_stay before delete on agents for each row execute function forbid_change();
create trigger rows_remain before truncate on agents for each statement execute function forbid_change();
create trigger rows_stay before delete on markets for each row execute function forbid_change();
create trigger rows_remain before truncate on markets for each statement execute function forbid_change();

create function refuse_row(p_what text, p_which text) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception '% % breaks a rule of its table (sql/migrations/0016_lean_orders.sql)', p_what, p_which using errcode = 'check_violation';
end
$$;

create function intent_is_sound() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not (new.id ~ '^[a-z0-9.-]+$' and length(new.id) <= 80
          and new.origin in ('agent', 'gateway') and new.action in ('enter', 'exit', 'cancel')
          and new.outcome in ('YES', 'NO') and new.side in ('BUY', 'SELL') and new.type in ('GTC', 'GTD', 'FOK', 'FAK')
          and new.result in ('accepted', 'denied') and (new.result = 'denied') = (new.denial is not null)
          and (new.result = 'denied' or new.action = 'cancel' or (new.action = 'enter') = (new.side = 'BUY'))) then
    perform refuse_row('intent', new.id);
  end if;
  return new;
end
$$;
create trigger sound before insert on intents for each row execute function intent_is_sound();

create function order_is_sound() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not (new.order_id ~ '^0x[0-9a-f]+$' and length(new.order_id) = 66
          and new.outcome in ('YES', 'NO') and new.side in ('BUY', 'SELL') and new.type in ('GTC', 'GTD', 'FOK', 'FAK')
          and new.price > 0 and new.price < 1 and new.size > 0 and new.worst >= 0) then
    perform refuse_row('order', new.order_id);
  end if;
  return new;
end
$$;
create trigger sound before insert on orders for each row execute function order_is_sound();

-- Orders of before have their entry.
update order_state set changes = 1 where changes = 0;

-- The order's entry in the audit chain is written with the first thing that happens to it, not while its price waits. Something always
-- does: an answer, a fill, or the look-up of the gateway's next life, which treats every order in SENDING as unknown.
create or replace function order_state_moves() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' then
    if (new.order_id, new.agent_id, new.token_id) <> (old.order_id, old.agent_id, old.token_id) then
      raise exception 'order %: whose it is does not change', old.order_id using errcode = 'FL010';
    end if;
    if new.state <> old.state and not order_edge_exists(old.state, new.state) then
      raise exception 'order %: no way from % to %', old.order_id, old.state, new.state using errcode = 'FL012';
    end if;
    if old.changes = 0 and new.changes > 0 then
      insert into audit_outbox (kind, body)
      select 'order', jsonb_build_object('order', o.order_id, 'intent', o.intent_id, 'agent', a.name, 'epoch', i.epoch,
               'gateway_epoch', o.gateway_epoch, 'market', o.slug, 'outcome', o.outcome, 'side', o.side, 'type', o.type, 'price', o.price,
               'size', o.size, 'worst', o.worst, 'body_sha256', encode(sha256(o.signed_body), 'hex'), 'at', o.created_at)
        from orders o join intents i on i.id = o.intent_id join agents a on a.id = o.agent_id where o.order_id = new.order_id;
    end if;
  end if;
  if not (new.state in ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED',
                        'EXPIRED_UNSENT', 'VOID')
          and new.settlement in ('NONE', 'PENDING', 'CONFIRMED', 'FAILED', 'MIXED')
          and new.filled >= 0 and new.reserved >= 0 and new.reserved_shares >= 0
          and (not order_state_is_final(new.state) or (new.reserved = 0 and new.reserved_shares = 0))) then
    perform refuse_row('state of order', new.order_id);
  end if;
  return new;
end
$$;
drop trigger moves on order_state;
create trigger moves before insert or update on order_state for each row execute function order_state_moves();
comment on column order_state.changes is 'How often it changed. The first change also writes the order into the audit chain.';

create function order_event_is_sound() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not (new.cursor > 0
          and new.event in ('accepted', 'denied', 'live', 'fill', 'done', 'rejected', 'unknown', 'settled', 'voided')) then
    perform refuse_row('order event', new.agent_id || '/' || new.cursor);
  end if;
  return new;
end
$$;
create trigger sound before insert on order_events for each row execute function order_event_is_sound();

create function allocation_is_sound() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not (new.allocated >= 0 and new.reserved >= 0 and new.invested >= 0 and new.overdrawn >= 0
          and new.reserved + new.invested <= new.allocated + least(new.realized, 0) + new.overdrawn) then
    perform refuse_row('allocation of agent', new.agent_id::text);
  end if;
  return new;
end
$$;
create trigger covers_worst_case before insert or update on allocations for each row execute function allocation_is_sound();

-- The admission -----------------------------------------------------------------------------------------------------------------

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
  v_gateway_epoch bigint := (p->>'gateway_epoch')::bigint;
  v_market_cap numeric(20,6) := (p->>'market_cap')::numeric;
  v_order_cap numeric(20,6) := (p->>'per_order_limit')::numeric;
  v record;
  v_old intents;
  v_alloc allocations;
  v_exposure market_exposure;
  v_position positions;
  v_denial text := p->'denied'->>'reason';
  v_detail text := coalesce(p->'denied'->>'detail', '');
  v_event jsonb;
  v_target text;
  -- Sent from the journal while this database was away: it is a fact already, and is recorded whatever the rules say now.
  v_journaled boolean := coalesce((p->>'journaled')::boolean, false);
begin
  -- One submission of an intent at a time, also of two gateways. Asked as an expression, this needs no statement.
  if pg_advisory_xact_lock(hashtextextended(v_id, 7301)) is null then
    raise exception 'an intent needs an id' using errcode = 'FL020';
  end if;
  -- Both fences, the halt and the market, read and locked in one statement.
  select f.mode, f.halted, f.is_paper, f.order_cap, a.id as agent_id, a.name as agent, a.epoch, a.status, t.token_id, t.outcome, m.slug,
         m.state as market_state, m.ends_at, exists (select from intents i where i.id = v_id) as is_known,
         exists (select from order_state s where s.token_id = t.token_id and s.state = 'UNKNOWN') as has_unknown
    into v
    from floor_state f
    join leases l on l.name = 'gateway' and l.epoch = v_gateway_epoch
    join agents a on a.name = p->>'agent'
    left join (tokens t join markets m on m.slug = t.slug) on t.slug = p->>'market' and t.outcome = p->>'outcome'
   where f.id = 1
     for share of l, f, a;
  if not found then
    return jsonb_build_object('outcome', 'denied', 'recorded', false, 'reason', case
      when exists (select from leases where name = 'gateway' and epoch = v_gateway_epoch) then 'agent_unknown' else 'gateway_fenced' end);
  end if;
  if v.is_known then
    select * into v_old from intents where id = v_id;
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
  -- A stale birth leaves no trace under this id, because its successor may rightly repeat the same intent.
  if v_origin = 'agent' and not v_journaled and v.epoch <> (p->>'epoch')::bigint then
    return jsonb_build_object('outcome', 'denied', 'reason', 'agent_fenced', 'recorded', false, 'epoch', v.epoch);
  end if;

  if v_action = 'cancel' then
    select o.order_id into v_target from orders o where o.intent_id = p->>'cancels' and o.agent_id = v.agent_id;
    if v_denial is null and v_target is null then
      v_denial := 'nothing_to_cancel';
    end if;
    insert into intents (id, agent_id, epoch, gateway_epoch, origin, action, market, outcome, cancels, reason, useful_until, market_at,
                         feed_order, result, denial, denial_detail)
    values (v_id, v.agent_id, (p->>'epoch')::bigint, v_gateway_epoch, v_origin, 'cancel', p->>'market', p->>'outcome',
            p->>'cancels', coalesce(p->>'reason', ''), v_until, v_now, (p->>'feed_order')::bigint,
            case when v_denial is null then 'accepted' else 'denied' end, v_denial, case when v_denial is not null then v_detail end);
    v_event := emit_order_event(v.agent_id, v_id, v_target, case when v_denial is null then 'accepted' else 'denied' end, v_denial,
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

  if v_denial is null then
    v_denial := case
      when v.token_id is null then 'market_unknown'
      when v_journaled then null
      when v.halted then 'halted'
      when v_action = 'enter' and v.mode <> 'ACTIVE' then 'mode'
      when v_action = 'exit' and v.mode not in ('ACTIVE', 'REDUCE_ONLY') then 'mode'
      when v_action = 'enter' and v_origin <> 'agent' then 'gateway_may_only_exit'
      when v_action = 'enter' and v.status <> 'RUNNING' then 'agent_not_running'
      when v_origin = 'agent' and v.status not in ('RUNNING', 'PAUSED', 'DRAINING') then 'agent_not_running'
      when v_now > v_until then 'expired'
      when v.market_state in ('CLOSED', 'RESOLVED') or v.ends_at <= v_now then 'market_closed'
      when v_action = 'enter' and v.has_unknown then 'token_has_unknown_order'
      when v_side = 'BUY' and (v_worst is null or v_worst < round(v_price * v_size, 6)) then 'worst_case_too_low'
      when v_side = 'BUY' and v_worst > least(v_order_cap, v.order_cap) then 'order_limit'
    end;
    if v_denial = 'mode' then
      v_detail := v.mode;
    elsif v_denial = 'order_limit' then
      v_detail := format('%s > %s', trim_scale(v_worst), trim_scale(least(v_order_cap, v.order_cap)));
    elsif v_denial = 'agent_not_running' then
      v_detail := v.status;
    end if;
  end if;

  if v_denial is null then
    if v_side = 'BUY' then
      -- One statement looks, locks and reserves: a denial finds out afterwards what stood in the way.
      update allocations set reserved = reserved + v_worst, updated_at = clock_timestamp()
       where agent_id = v.agent_id and overdrawn <= 0
         and reserved + invested + v_worst <= allocated + least(realized, 0);
      if not found then
        select * into v_alloc from allocations where agent_id = v.agent_id;
        v_denial := 'allocation';
        v_detail := format('%s wanted, %s free', trim_scale(v_worst),
          trim_scale(v_alloc.allocated + least(v_alloc.realized, 0) - v_alloc.reserved - v_alloc.invested));
      else
        insert into market_exposure as m (slug, cap, open)
        select v.slug, v_market_cap, v_worst where v_market_cap is null or v_worst <= v_market_cap
        on conflict (slug) do update set open = m.open + excluded.open, updated_at = clock_timestamp()
         where coalesce(m.open + excluded.open <= least(m.cap, v_market_cap), true);
        if not found then
          update allocations set reserved = reserved - v_worst where agent_id = v.agent_id;
          -- The first cap that is named for a market stays, whatever became of the order that named it.
          insert into market_exposure (slug, cap) values (v.slug, v_market_cap) on conflict (slug) do nothing;
          select * into v_exposure from market_exposure where slug = v.slug;
          v_denial := 'market_cap';
          v_detail := format('%s open, %s wanted, cap %s', trim_scale(coalesce(v_exposure.open, 0)), trim_scale(v_worst),
                             trim_scale(least(v_exposure.cap, v_market_cap)));
        end if;
      end if;
    else
      perform 1 from allocations where agent_id = v.agent_id for update;
      select * into v_position from positions where agent_id = v.agent_id and token_id = v.token_id for update;
      if v_journaled and v_position.agent_id is null then
        insert into positions (agent_id, token_id, deficient) values (v.agent_id, v.token_id, true) returning * into v_position;
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
  values (v_id, v.agent_id, coalesce((p->>'epoch')::bigint, v.epoch), v_gateway_epoch, v_origin, v_action, p->>'market',
          v.token_id, p->>'outcome', v_side, p->>'type', v_price, v_size, v_worst, coalesce(p->>'reason', ''), v_until, v_now,
          (p->>'feed_order')::bigint, wall_from_ns((p->>'book_ts_ns')::bigint),
          case when v_denial is null then 'accepted' else 'denied' end, v_denial, case when v_denial is not null then v_detail end);

  if v_denial is not null then
    v_event := emit_order_event(v.agent_id, v_id, null, 'denied', v_denial, v_detail, null, true);
    perform write_audit('denied', jsonb_build_object('intent', v_id, 'agent', v.agent, 'reason', v_denial, 'detail', v_detail));
    return jsonb_build_object('outcome', 'denied', 'reason', v_denial, 'detail', v_detail, 'order_id', '', 'state', '',
                              'cursor', v_event->'cursor', 'event', v_event, 'recorded', true);
  end if;

  if v_side = 'SELL' then
    update positions set reserved_shares = reserved_shares + v_size, updated_at = clock_timestamp(),
           deficient = deficient or reserved_shares + v_size > shares
     where agent_id = v.agent_id and token_id = v.token_id;
  end if;
  insert into orders (order_id, intent_id, agent_id, token_id, slug, outcome, side, type, price, size, worst, signed_body, gateway_epoch,
                      useful_until, expires_at, is_paper, market_at)
  values (p->>'order_id', v_id, v.agent_id, v.token_id, v.slug, v.outcome, v_side, p->>'type', v_price, v_size, v_worst,
          decode(p->>'signed_body', 'base64'), v_gateway_epoch, v_until, wall_from_ns((p->>'expires_ns')::bigint), v.is_paper, v_now);
  insert into order_state (order_id, agent_id, token_id, state, reserved, reserved_shares)
  values (p->>'order_id', v.agent_id, v.token_id, 'SENDING', v_worst, case when v_side = 'SELL' then v_size else 0 end);
  return jsonb_build_object('outcome', 'accepted', 'reason', '', 'detail', '', 'order_id', p->>'order_id', 'state', 'SENDING',
                            'recorded', true);
end
$$;

-- The way of an order -----------------------------------------------------------------------------------------------------------

create or replace function advance_order(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  v_to text := p->>'state';
  v_is_final boolean := order_state_is_final(p->>'state');
  v_reason text := coalesce(p->>'reason', '');
  v_detail text := coalesce(p->>'detail', '');
  v record;
  v_event_name text;
  v_cursor bigint;
  v_event jsonb;
begin
  select s.state, s.reserved, s.reserved_shares, s.filled, o.order_id, o.intent_id, o.agent_id, o.token_id, o.slug, o.outcome, o.size,
         a.name as agent, a.epoch, coalesce(x.shares, 0) as shares
    into v
    from leases l
    join order_state s on s.order_id = p->>'order_id'
    join orders o on o.order_id = s.order_id
    join agents a on a.id = o.agent_id
    left join positions x on x.agent_id = o.agent_id and x.token_id = o.token_id
   where l.name = 'gateway' and l.epoch = (p->>'gateway_epoch')::bigint
     for share of l for update of s;
  if not found then
    perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
    return jsonb_build_object('outcome', 'order_unknown', 'state', '');
  end if;
  if v.state = v_to then
    return jsonb_build_object('outcome', 'unchanged', 'state', v.state);
  end if;
  if not order_edge_exists(v.state, v_to) then
    return jsonb_build_object('outcome', 'refused', 'state', v.state);
  end if;

  update order_state
     set state = v_to, reason = v_reason, detail = v_detail, changes = changes + 1, updated_at = clock_timestamp(),
         reserved = case when v_is_final then 0 else reserved end,
         reserved_shares = case when v_is_final then 0 else reserved_shares end
   where order_id = v.order_id;
  if v_is_final and v.reserved > 0 then
    perform book_allocation(v.agent_id, -v.reserved, 0, 0);
    update market_exposure set open = greatest(open - v.reserved, 0), updated_at = clock_timestamp() where slug = v.slug;
  end if;
  if v_is_final and v.reserved_shares > 0 then
    update positions
       set reserved_shares = reserved_shares - v.reserved_shares, updated_at = clock_timestamp(),
           deficient = shares < 0 or shares < reserved_shares - v.reserved_shares
     where agent_id = v.agent_id and token_id = v.token_id;
  end if;

  v_event_name := case when v_to = 'LIVE' and v.state <> 'CANCEL_SENT' then 'live' when v_to = 'UNKNOWN' then 'unknown'
                       when v_to = 'REJECTED' then 'rejected' when v_is_final then 'done' end;
  if v_event_name is not null then
    -- What emit_order_event would gather. The position is that of this statement's beginning, while the gateway, the only one that
    -- moves positions, does so on this very connection.
    update agent_cursors set cursor = cursor + 1 where agent_id = v.agent_id returning cursor into v_cursor;
    if v_reason = '' and v_is_final then
      v_reason := lower(v_to);
    end if;
    v_event := jsonb_build_object(
      'cursor', v_cursor, 'agent', v.agent, 'epoch', v.epoch, 'intent', v.intent_id, 'order', v.order_id, 'event', v_event_name,
      'reason', v_reason, 'detail', v_detail, 'fill', null::jsonb, 'remaining', trim_scale(greatest(v.size - v.filled, 0))::text,
      'position', trim_scale(v.shares)::text, 'market', v.slug, 'outcome', v.outcome, 'final', v_is_final);
    insert into order_events (agent_id, cursor, intent_id, order_id, event, reason, body)
    values (v.agent_id, v_cursor, v.intent_id, v.order_id, v_event_name, v_reason, v_event);
  end if;
  insert into audit_outbox (kind, body)
  values ('order_state', jsonb_build_object('order', v.order_id, 'from', v.state, 'to', v_to, 'reason', coalesce(p->>'reason', '')));
  return jsonb_build_object('outcome', 'advanced', 'state', v_to, 'from', v.state, 'cursor', v_cursor, 'event', v_event);
end
$$;
drop function release_order(orders, order_state);

reset role;
