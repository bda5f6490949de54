-- Breakers of one agent and of one strategy: what the venue refuses of an agent's orders, and what all agents of a strategy lose together.
-- All that they say is computed from the record; a person's word that it shall not count any more is a row.
set local role floor_owner;

create table breaker_resets (
  id              bigint generated always as identity primary key,
  scope           text not null check (scope in ('agent', 'strategy')),
  name            text not null,
  at              timestamptz not null default clock_timestamp(),
  realized_before numeric(20,6) not null default 0,
  requested_by    text not null default session_user
);
comment on table breaker_resets is 'Fact. A person took back what breakers held against an agent or a strategy: losses and refusals before `at` count no more. '
  'realized_before is what the strategy had realised in that UTC day until then.';
create index breaker_resets_scope on breaker_resets (scope, name, at desc);
create trigger facts_stay before update or delete on breaker_resets for each row execute function forbid_change();
create trigger facts_remain before truncate on breaker_resets for each statement execute function forbid_change();

create table strategy_days (
  strategy text not null,
  day      date not null,
  peak     numeric(20,6) not null,
  fell_at  timestamptz,
  primary key (strategy, day)
);
comment on table strategy_days is 'State. The most that a strategy''s agents had made together in a UTC day (realised, and what is held at our best bid), and since when '
  'they have fallen from it by the limit. Kept only where `limits.strategy_drawdown_pct` bounds it.';

-- What the venue refused for what the order was: not for its mode, its rate, our keys, or because nobody stood against it.
create index order_state_refused on order_state (agent_id, updated_at)
  where state = 'REJECTED' and reason in ('venue_not_enough_balance', 'venue_tick_size', 'venue_minimum_size', 'venue_market_closed',
    'venue_invalid_expiration', 'venue_order_invalidated', 'venue_malformed_order', 'venue_rejected', 'venue_invalid');

create view agent_rejections as
  select s.agent_id, s.order_id, s.reason, o.created_at as at, coalesce(o.market_at, o.created_at) as market_at
    from order_state s join orders o using (order_id) join intents i on i.id = o.intent_id join agents a on a.id = s.agent_id
   where s.state = 'REJECTED'
     and s.reason in ('venue_not_enough_balance', 'venue_tick_size', 'venue_minimum_size', 'venue_market_closed',
       'venue_invalid_expiration', 'venue_order_invalidated', 'venue_malformed_order', 'venue_rejected', 'venue_invalid')
     and i.origin = 'agent' and s.updated_at > now() - interval '14 days'
     and not exists (select from breaker_resets b where b.scope = 'agent' and b.name = a.name and b.at >= o.created_at);
comment on view agent_rejections is 'Orders of fourteen days that the venue refused for what they were, each with when it was sent; those before a person''s reset not.';

-- As it was, and from a person's reset on anew.
create or replace view agent_day_pnl as
  select a.id as agent_id, a.name, coalesce(e.realized, 0) as realized, coalesce(t.trades, 0) as trades, coalesce(t.wins, 0) as wins,
         coalesce(t.losses, 0) as losses, s.losses_in_a_row
    from agents a
    left join lateral (
      select sum(d.realized) as realized from agent_days d where d.agent_id = a.id and d.day = (now() at time zone 'UTC')::date) e on true
    left join lateral (
      select count(*) as trades, count(*) filter (where pnl > 0) as wins, count(*) filter (where pnl < 0) as losses
        from trade_records r where r.agent_id = a.id and r.voided_at is null and r.executed_at >= date_trunc('day', now(), 'UTC')) t on true
    left join lateral (select max(b.at) as at from breaker_resets b where b.scope = 'agent' and b.name = a.name) b on true
    left join lateral (
      select count(*) as losses_in_a_row from trade_records r
       where r.agent_id = a.id and r.voided_at is null and r.pnl < 0
         and r.executed_at > greatest(b.at, coalesce((select max(w.executed_at) from trade_records w
                                        where w.agent_id = a.id and w.voided_at is null and w.pnl >= 0), '-infinity'))) s on true;

create view strategy_day_pnl as
  select s.strategy, x.day, coalesce(e.realized, 0) as realized,
         coalesce(e.realized, 0) - case when (b.at at time zone 'UTC')::date = x.day then b.realized_before else 0 end as counted,
         coalesce(l.losses, 0) as losses_in_a_row, l.last_at, d.peak, d.fell_at
    from (select distinct strategy from agents) s
    cross join lateral (select (now() at time zone 'UTC')::date as day) x
    left join lateral (
      select r.at, r.realized_before from breaker_resets r where r.scope = 'strategy' and r.name = s.strategy order by r.at desc limit 1) b on true
    left join lateral (
      select sum(g.realized) as realized from agents a join agent_days g on g.agent_id = a.id and g.day = x.day where a.strategy = s.strategy) e on true
    left join lateral (
      select max(w.at) as at
        from agents a cross join lateral (
          select max(r.executed_at) as at from trade_records r where r.agent_id = a.id and r.voided_at is null and r.pnl >= 0) w
       where a.strategy = s.strategy) g on true
    left join lateral (
      select sum(t.losses) as losses, max(t.last_at) as last_at
        from agents a cross join lateral (
          select count(*) as losses, max(coalesce(r.market_at, r.executed_at)) as last_at from trade_records r
           where r.agent_id = a.id and r.voided_at is null and r.pnl < 0 and r.executed_at > coalesce(greatest(g.at, b.at), '-infinity')) t
       where a.strategy = s.strategy) l on true
    left join strategy_days d on d.strategy = s.strategy and d.day = x.day;
comment on view strategy_day_pnl is 'All agents of a strategy together, those that are gone included: what they realised since 00:00 UTC, what of it counts since a '
  'person''s reset, their trades in a row that lost, and the peak of the day.';

create function reset_breakers(p_scope text, p_name text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if p_scope not in ('agent', 'strategy')
     or not exists (select from agents where case p_scope when 'agent' then name else strategy end = p_name) then
    raise exception 'there is no % %', p_scope, p_name using errcode = 'FL020';
  end if;
  insert into breaker_resets (scope, name, realized_before)
  values (p_scope, p_name, case p_scope when 'strategy' then (select realized from strategy_day_pnl where strategy = p_name) else 0 end);
  if p_scope = 'strategy' then
    delete from strategy_days where strategy = p_name and day = (clock_timestamp() at time zone 'UTC')::date;
  end if;
  perform report_event('WARNING', 'operator', 'breakers_reset', format('%s %s, by %s', p_scope, p_name, session_user));
end
$$;
comment on function reset_breakers is 'What breakers hold against an agent or a strategy until now counts no more.';

create function record_strategy_day(p jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  -- What was read before a person's reset is not what stands now.
  insert into strategy_days as d (strategy, day, peak, fell_at)
  select p->>'strategy', (p->>'day')::date, (p->>'peak')::numeric, case when (p->>'fell')::boolean then clock_timestamp() end
   where not exists (select from breaker_resets where scope = 'strategy' and name = p->>'strategy' and at > (p->>'asked')::timestamptz)
  on conflict (strategy, day) do update set peak = greatest(d.peak, excluded.peak), fell_at = coalesce(d.fell_at, excluded.fell_at);
end
$$;
comment on function record_strategy_day is 'A higher peak of a strategy''s day, or its fall by the limit. A peak never sinks, a fall stays until the day is over or reset.';

-- Money that a person brought to the wallet, or took from it: explained, it is no drift.
create function declare_money(p_ref text, p_amount numeric) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_kind text := case when p_amount > 0 then 'deposit' else 'withdrawal' end;
begin
  if p_amount is null or p_amount = 0 or p_amount <> round(p_amount, 6) or p_ref !~ '^[A-Za-z0-9._:-]{1,200}$' then
    raise exception 'a deposit or withdrawal is an amount of dollars, not zero, and a reference' using errcode = 'FL020';
  end if;
  if post_ledger(v_kind, p_ref, null,
                 jsonb_build_array(jsonb_build_array('external', 'USD', -p_amount), jsonb_build_array('treasury', 'USD', p_amount))) is null then
    return 'duplicate';
  end if;
  perform report_event('WARNING', 'ledger', v_kind, format('%s USD (%s), declared by %s', trim_scale(p_amount), p_ref, session_user));
  perform write_audit('deposit', jsonb_build_object('ref', p_ref, 'amount', p_amount::text, 'by', session_user));
  return 'booked';
end
$$;
comment on function declare_money is 'A deposit, or with a negative amount a withdrawal, that was made at the venue by hand; once for each reference of a kind.';

-- Dollars that came from outside in all.
create view outside_money as
  select coalesce(-sum(balance), 0) as usd from ledger_balances where asset = 'USD' and account = 'external';

create view day_equity as
  select max((e.body->>'peak_usd')::numeric(20,6) + o.usd - coalesce((e.body->>'outside_usd')::numeric(20,6), o.usd)) as peak,
         (array_agg((e.body->>'equity_usd')::numeric(20,6) + o.usd - coalesce((e.body->>'outside_usd')::numeric(20,6), o.usd)
                    order by e.id))[1] as first,
         max(o.usd) as outside
    from outside_money o left join evidence e on e.kind = 'balance' and e.at >= date_trunc('day', now(), 'UTC');
comment on view day_equity is 'The highest and the first equity since 00:00 UTC that the gateway noted, as if all that was brought or taken since had been there or '
  'gone before: outside money is no profit and no loss. Null before the first note.';

grant select on outside_money, day_equity, breaker_resets, strategy_days, agent_rejections, strategy_day_pnl to floor_readers;
grant execute on function reset_breakers(text, text), declare_money(text, numeric) to floor_operator;
grant execute on function record_strategy_day(jsonb) to floor_gateway;

reset role;
