-- Limits by rule may be per cent of the allocation, beside the caps in dollars that the gateway works out.
set local role floor_owner;

-- Per cent of what agents were given: only the record knows that at the moment of an admission.
create function allocated_to(p_scope text, p_name text) returns numeric
language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce(sum(greatest(0, l.allocated + least(l.realized, 0) - l.overdrawn)), 0)
    from allocations l join agents a on a.id = l.agent_id where case p_scope when 'agent' then a.name = p_name when 'strategy' then a.strategy = p_name end
$$;
comment on function allocated_to is 'What an agent, or all agents of a strategy, may use: allocated, less losses.';

create or replace function limit_in_the_way(
  p_limits jsonb, p_worst numeric, p_agent text, p_strategy text, p_slug text, p_category text, p_group text,
  out code text, out detail text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v record;
  v_used numeric;
  v_cap numeric;
  v_over numeric := 0;
begin
  for v in
    select r.scope, x.name, min(r.cap) as cap, min(r.allocation_bps) as allocation_bps, min(r.code) as code
      from jsonb_to_recordset(p_limits) as r (scope text, name text, cap numeric, allocation_bps numeric, code text)
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
    v_cap := least(v.cap, trunc(allocated_to(v.scope, v.name) * v.allocation_bps / 10000, 6));
    if v_used - v_cap > v_over then
      v_over := v_used - v_cap;
      code := v.code;
      detail := format('%s %s open, %s wanted, cap %s', trim(v.scope || ' ' || v.name), trim_scale(v_used - p_worst), trim_scale(p_worst),
                       trim_scale(v_cap));
    end if;
  end loop;
end
$$;

reset role;
