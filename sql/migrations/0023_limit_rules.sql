-- Limits of more than one market: of a category, an event group, a strategy, or by rule of any of the others. What is at risk in them is added
-- up from the counters that admissions hold anyway; two orders that race in one of them wait for each other at its row.
set local role floor_owner;

-- What markets have in common ----------------------------------------------------------------------------------------------------

alter table markets add column category text not null default 'other' check (category ~ '^[a-z0-9._-]{1,200}$');
alter table markets add column event_group text not null default '' check (event_group ~ '^[a-z0-9._-]{0,200}$');
comment on column markets.category is 'What the venue counts it among (crypto, sports); other where it does not say.';
comment on column markets.event_group is 'The series of a window, the event of another market: what happens to one happens to all. Empty: the market alone.';
update markets set category = 'crypto', event_group = lower(series) where series <> '';
-- Nothing is at risk in a market that was paid.
create index markets_unpaid_by_category on markets (category) where state <> 'RESOLVED';
create index markets_unpaid_by_group on markets (event_group) where state <> 'RESOLVED';

create or replace function upsert_market(p jsonb) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_state text;
begin
  insert into markets as m (slug, condition_id, series, category, event_group, question, starts_at, ends_at, tick, min_size, fee_rate,
                            fee_exponent, neg_risk, state)
  values (p->>'slug', p->>'condition_id', coalesce(p->>'series', ''), coalesce(p->>'category', 'other'), coalesce(p->>'event_group', ''),
          coalesce(p->>'question', ''), wall_from_ns((p->>'starts_ns')::bigint), wall_from_ns((p->>'ends_ns')::bigint),
          (p->>'tick')::numeric, coalesce((p->>'min_size')::numeric, 0), coalesce((p->>'fee_rate')::numeric, 0),
          coalesce((p->>'fee_exponent')::numeric, 1), coalesce((p->>'neg_risk')::boolean, false), coalesce(p->>'state', 'OPEN'))
  on conflict (slug) do update
    set series = excluded.series, category = excluded.category, event_group = excluded.event_group, question = excluded.question,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at, tick = excluded.tick, min_size = excluded.min_size,
        fee_rate = excluded.fee_rate, fee_exponent = excluded.fee_exponent, neg_risk = excluded.neg_risk,
        state = case when m.state = 'RESOLVED' then m.state else excluded.state end, updated_at = clock_timestamp()
  returning state into v_state;
  insert into tokens (token_id, slug, outcome) values (p->>'token_yes', p->>'slug', 'YES'), (p->>'token_no', p->>'slug', 'NO')
  on conflict do nothing;
  if (select count(*) from tokens where (slug, outcome, token_id) in
        ((p->>'slug', 'YES', p->>'token_yes'), (p->>'slug', 'NO', p->>'token_no'))) <> 2 then
    raise exception 'market % is recorded with other tokens', p->>'slug' using errcode = 'FL014';
  end if;
  return v_state;
end
$$;

-- Limits by rule -----------------------------------------------------------------------------------------------------------------

create table limit_rows (
  scope text not null check (scope in ('agent', 'strategy', 'category', 'market', 'event_group', 'floor')),
  name  text not null,
  primary key (scope, name)
);
comment on table limit_rows is 'A lock for each scope that a rule limits: who has its row may add up what is at risk there and add to it.';

create function at_risk(p_scope text, p_name text) returns numeric
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  return coalesce(case p_scope
    when 'agent' then (select l.reserved + l.invested from allocations l join agents a on a.id = l.agent_id where a.name = p_name)
    when 'strategy' then
      (select sum(l.reserved + l.invested) from allocations l join agents a on a.id = l.agent_id where a.strategy = p_name)
    when 'floor' then (select sum(reserved + invested) from allocations)
    when 'market' then (select open from market_exposure where slug = p_name)
    when 'category' then
      (select sum(e.open) from markets m join market_exposure e using (slug) where m.category = p_name and m.state <> 'RESOLVED')
    when 'event_group' then
      (select sum(e.open) from markets m join market_exposure e using (slug) where m.event_group = p_name and m.state <> 'RESOLVED')
    end, 0);
end
$$;
comment on function at_risk is 'Dollars at risk in one scope: open buys at their worst and positions at cost, of all agents (or of the one that is the scope).';

-- What was reserved already counts, and is given back by the caller where a rule stands in the way. Of several the one with the least room.
create function limit_in_the_way(
  p_limits jsonb, p_worst numeric, p_agent text, p_strategy text, p_slug text, p_category text, p_group text,
  out code text, out detail text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v record;
  v_used numeric;
  v_over numeric := 0;
begin
  for v in
    select r.scope, x.name, min(r.cap) as cap, min(r.code) as code
      from jsonb_to_recordset(p_limits) as r (scope text, name text, cap numeric, code text)
      cross join lateral (select case r.scope when 'agent' then p_agent when 'strategy' then p_strategy when 'market' then p_slug
        when 'category' then p_category when 'event_group' then coalesce(nullif(p_group, ''), p_slug) when 'floor' then '' end as name) x
     where r.name is null or r.name = x.name
     group by r.scope, x.name
     order by r.scope, x.name
  loop
    perform from limit_rows l where l.scope = v.scope and l.name = v.name for update;
    if not found then
      insert into limit_rows (scope, name) values (v.scope, v.name) on conflict do nothing;
      perform from limit_rows l where l.scope = v.scope and l.name = v.name for update;
    end if;
    -- A market that is a group of its own has no other.
    v_used := at_risk(case when v.scope = 'event_group' and p_group = '' then 'market' else v.scope end, v.name);
    if v_used - v.cap > v_over then
      v_over := v_used - v.cap;
      code := v.code;
      detail := format('%s %s open, %s wanted, cap %s', trim(v.scope || ' ' || v.name), trim_scale(v_used - p_worst), trim_scale(p_worst),
                       trim_scale(v.cap));
    end if;
  end loop;
end
$$;

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
  select f.mode, f.halted, f.is_paper, f.order_cap, a.id as agent_id, a.name as agent, a.strategy, a.epoch, a.status, t.token_id, t.outcome,
         m.slug, m.category, m.event_group, m.state as market_state, m.ends_at, exists (select from intents i where i.id = v_id) as is_known,
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
        elsif p->'limits' is not null then
          select x.code, x.detail into v_denial, v_detail
            from limit_in_the_way(p->'limits', v_worst, v.agent, v.strategy, v.slug, v.category, v.event_group) x;
          if v_denial is not null then
            update allocations set reserved = reserved - v_worst where agent_id = v.agent_id;
            update market_exposure set open = open - v_worst where slug = v.slug;
          end if;
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

reset role;
