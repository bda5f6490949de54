-- The day's result is read after every fill and every second by every agent: it is kept as it is booked, instead of summed from a day
-- of fills each time.
set local role floor_owner;

create table agent_days (
  agent_id bigint not null references agents (id),
  day      date not null,
  realized numeric(20,6) not null,
  primary key (agent_id, day)
);
comment on table agent_days is 'Rebuildable. What each agent realised in each UTC day, net of fees, by the moment of booking; sums to realized_total.';

insert into agent_days (agent_id, day, realized)
select agent_id, (at at time zone 'UTC')::date, sum(realized) from realized_events group by 1, 2;

create or replace function book_allocation(p_agent_id bigint, p_reserved numeric, p_invested numeric, p_realized numeric) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update allocations
     set reserved = reserved + p_reserved, invested = invested + p_invested, realized = realized + p_realized,
         realized_total = realized_total + p_realized, updated_at = clock_timestamp(),
         overdrawn = greatest(0, reserved + p_reserved + invested + p_invested - allocated - least(realized + p_realized, 0))
   where agent_id = p_agent_id;
  if p_realized <> 0 then
    insert into agent_days as d (agent_id, day, realized) values (p_agent_id, (clock_timestamp() at time zone 'UTC')::date, p_realized)
    on conflict (agent_id, day) do update set realized = d.realized + excluded.realized;
  end if;
end
$$;

create or replace view agent_day_pnl as
  select a.id as agent_id, a.name, coalesce(e.realized, 0) as realized, coalesce(t.trades, 0) as trades, coalesce(t.wins, 0) as wins,
         coalesce(t.losses, 0) as losses, s.losses_in_a_row
    from agents a
    left join lateral (
      select sum(d.realized) as realized from agent_days d where d.agent_id = a.id and d.day = (now() at time zone 'UTC')::date) e on true
    left join lateral (
      select count(*) as trades, count(*) filter (where pnl > 0) as wins, count(*) filter (where pnl < 0) as losses
        from trade_records r where r.agent_id = a.id and r.voided_at is null and r.executed_at >= date_trunc('day', now(), 'UTC')) t on true
    left join lateral (
      select count(*) as losses_in_a_row from trade_records r
       where r.agent_id = a.id and r.voided_at is null and r.pnl < 0
         and r.executed_at > coalesce((select max(w.executed_at) from trade_records w
                                        where w.agent_id = a.id and w.voided_at is null and w.pnl >= 0), '-infinity')) s on true;

grant select on agent_days to floor_readers;

reset role;
