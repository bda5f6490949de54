-- Leases, the floor's mode, commands, agents and their capital. Every one of the boss's functions takes the boss's lease epoch and
-- holds the lease row while it works, so a boss that lost the lease changes nothing. Lock order: README.md.
set local role floor_owner;

create function wall_from_ns(p_ns bigint) returns timestamptz language sql immutable parallel safe
  return timestamptz '1970-01-01 00:00:00+00' + make_interval(secs => (p_ns / 1000000000)::double precision)
         + ((p_ns % 1000000000) / 1000) * interval '1 microsecond';

-- Leases ------------------------------------------------------------------------------------------------------------------------

create function claim_lease(p_name text, p_holder text, p_boot text, p_ttl interval default interval '6 seconds',
                            p_dead_boot text default null) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_epoch bigint;
begin
  if session_user like 'floor\_%' and session_user <> 'floor_' || replace(p_name, '-', '_') then
    raise exception '% may not hold the lease %', session_user, p_name using errcode = '42501';
  end if;
  insert into leases (name) values (p_name) on conflict do nothing;
  update leases
     set holder = p_holder, boot = p_boot, expires_at = clock_timestamp() + p_ttl, renewed_at = clock_timestamp(),
         epoch = epoch + case when holder = p_holder and boot = p_boot then 0 else 1 end
   where name = p_name
     and ((holder = p_holder and boot = p_boot) or expires_at < clock_timestamp() or boot = p_dead_boot)
  returning epoch into v_epoch;
  return v_epoch;
end
$$;
comment on function claim_lease is 'Takes or renews a lease; null when another holds it. p_dead_boot is the boot of a holder proven dead.';

create function release_lease(p_name text, p_holder text, p_boot text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update leases set expires_at = '-infinity' where name = p_name and holder = p_holder and boot = p_boot;
  return found;
end
$$;

-- The fence of boss and gateway: holds the lease row until the transaction ends.
create function hold_lease(p_name text, p_epoch bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from leases where name = p_name and epoch = p_epoch for share;
  if not found then
    raise exception 'the lease % is no longer at epoch %', p_name, p_epoch using errcode = 'FL001';
  end if;
end
$$;

-- Record ------------------------------------------------------------------------------------------------------------------------

create function write_audit(p_kind text, p_body jsonb) returns void
language sql security definer set search_path = public, pg_temp as
  'insert into audit_outbox (kind, body) values (p_kind, p_body)';

create function report_event(p_severity text, p_component text, p_event_type text, p_message text, p_metadata jsonb default '{}')
returns bigint language sql security definer set search_path = public, pg_temp as
  'insert into system_events (severity, component, event_type, message, metadata)
   values (p_severity, p_component, p_event_type, p_message, coalesce(p_metadata, ''{}'')) returning id';

-- Mode --------------------------------------------------------------------------------------------------------------------------

create function set_mode(p_mode text, p_reason text, p_boss_epoch bigint) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_old floor_state;
begin
  perform hold_lease('boss', p_boss_epoch);
  select * into v_old from floor_state where id = 1 for update;
  if v_old.halted then
    return v_old.mode;
  end if;
  if p_mode = 'HALTED' then
    raise exception 'a halt goes through trip_halt' using errcode = 'FL013';
  end if;
  if v_old.mode <> p_mode or v_old.reason <> p_reason then
    update floor_state set mode = p_mode, reason = p_reason, boss_epoch = p_boss_epoch, updated_at = clock_timestamp() where id = 1;
    if v_old.mode <> p_mode then
      perform report_event(case when p_mode = 'ACTIVE' then 'INFO' else 'WARNING' end, 'floor', 'mode', p_mode || ': ' || p_reason,
                           jsonb_build_object('from', v_old.mode, 'to', p_mode));
      perform write_audit('mode', jsonb_build_object('from', v_old.mode, 'to', p_mode, 'reason', p_reason));
    end if;
  end if;
  return p_mode;
end
$$;

create function trip_halt(p_reason text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_old floor_state;
begin
  select * into v_old from floor_state where id = 1 for update;
  if v_old.halted then
    return false;
  end if;
  update floor_state set mode = 'HALTED', halted = true, reason = p_reason, latched_by = session_user, updated_at = clock_timestamp()
   where id = 1;
  perform report_event('CRITICAL', 'floor', 'halt', p_reason, jsonb_build_object('from', v_old.mode, 'by', session_user));
  perform write_audit('halt', jsonb_build_object('from', v_old.mode, 'reason', p_reason));
  return true;
end
$$;
comment on function trip_halt is 'Latches HALTED; true when this call did it. Needs no lease: anyone on the floor may stop it.';

create function resume_floor(p_reason text, p_boss_epoch bigint) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('boss', p_boss_epoch);
  perform set_config('floor.resuming', 'on', true);
  update floor_state set mode = 'REDUCE_ONLY', halted = false, latched_by = null, reason = p_reason, boss_epoch = p_boss_epoch,
         updated_at = clock_timestamp()
   where id = 1 and halted;
  if found then
    perform report_event('WARNING', 'floor', 'resume', p_reason);
    perform write_audit('resume', jsonb_build_object('reason', p_reason));
  end if;
  perform set_config('floor.resuming', 'off', true);
  return (select mode from floor_state where id = 1);
end
$$;

create function set_capital(p_capital numeric, p_allocation_cap numeric, p_order_cap numeric, p_is_paper boolean, p_boss_epoch bigint)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('boss', p_boss_epoch);
  update floor_state set capital = p_capital, allocation_cap = p_allocation_cap, order_cap = p_order_cap, is_paper = p_is_paper,
         boss_epoch = p_boss_epoch, updated_at = clock_timestamp()
   where id = 1 and (capital, allocation_cap, order_cap, is_paper) is distinct from (p_capital, p_allocation_cap, p_order_cap, p_is_paper);
  if found then
    perform write_audit('capital', jsonb_build_object('capital', p_capital, 'allocation_cap', p_allocation_cap, 'order_cap', p_order_cap));
  end if;
end
$$;

-- Commands ----------------------------------------------------------------------------------------------------------------------

create function request_command(p_verb text, p_target text default '', p_arguments jsonb default '{}',
                                p_ttl interval default interval '60 seconds', p_nonce text default null) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id bigint;
begin
  insert into commands (verb, target, arguments, nonce, requested_by, expires_at)
  values (p_verb, coalesce(p_target, ''), coalesce(p_arguments, '{}'), p_nonce, session_user, clock_timestamp() + p_ttl)
  returning id into v_id;
  perform write_audit('command', jsonb_build_object('id', v_id, 'verb', p_verb, 'target', p_target, 'arguments', p_arguments));
  return v_id;
end
$$;

create function take_commands(p_boss_epoch bigint) returns setof commands
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('boss', p_boss_epoch);
  update commands set state = 'EXPIRED', finished_at = clock_timestamp() where state = 'REQUESTED' and expires_at <= clock_timestamp();
  return query
    update commands c set state = 'TAKEN', taken_by = p_boss_epoch, taken_at = clock_timestamp()
      from (select id from commands where state = 'REQUESTED' order by id for update skip locked) w
     where c.id = w.id and c.state = 'REQUESTED'
    returning c.*;
end
$$;

create function finish_command(p_id bigint, p_done boolean, p_result jsonb, p_boss_epoch bigint) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('boss', p_boss_epoch);
  update commands set state = case when p_done then 'DONE' else 'FAILED' end, result = p_result, finished_at = clock_timestamp()
   where id = p_id and state = 'TAKEN';
  return found;
end
$$;
comment on function finish_command is 'Ends a taken command, once. A new boss ends those its predecessor took (taken_by < its epoch) as it finds fit.';

-- Agents ------------------------------------------------------------------------------------------------------------------------

create function find_agent(p_agent text) returns agents
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  v_agent agents;
begin
  select * into v_agent from agents where name = p_agent;
  if not found then
    raise exception 'no agent named %', p_agent using errcode = 'FL020';
  end if;
  return v_agent;
end
$$;

create function hire_agent(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_parent agents;
  v_agent agents;
  v_role text;
begin
  perform hold_lease('boss', (p->>'boss_epoch')::bigint);
  perform pg_advisory_xact_lock(7302);
  select * into v_agent from agents where name = p->>'name';
  if found then
    return jsonb_build_object('outcome', 'exists', 'id', v_agent.id, 'name', v_agent.name, 'db_role', v_agent.db_role);
  end if;
  if p->>'parent' is not null then
    v_parent := find_agent(p->>'parent');
  end if;
  select r.name into v_role
    from (select format('floor_agent_%s', lpad(i::text, 2, '0')) as name from generate_series(1, 32) i) r
   where not exists (select from agents a where a.db_role = r.name and a.status <> 'RETIRED')
   order by (select max(a.retired_at) from agents a where a.db_role = r.name) nulls first, r.name
   limit 1;
  if v_role is null then
    return jsonb_build_object('outcome', 'refused', 'reason', 'no_role_free');
  end if;
  insert into agents (name, strategy, parameters, generation, parent_id, db_role)
  values (p->>'name', p->>'strategy', coalesce(p->'parameters', '{}'), coalesce(v_parent.generation + 1, 0), v_parent.id, v_role)
  returning * into v_agent;
  insert into allocations (agent_id) values (v_agent.id);
  insert into agent_cursors (agent_id) values (v_agent.id);
  insert into verdicts (agent_id, verdict, reason, evidence)
  values (v_agent.id, 'HIRE', coalesce(p->>'reason', ''), jsonb_build_object('parent', p->>'parent'));
  perform write_audit('hire', p);
  return jsonb_build_object('outcome', 'hired', 'id', v_agent.id, 'name', v_agent.name, 'db_role', v_role,
                            'generation', v_agent.generation);
end
$$;

create function clone_agent(p_parent text, p_name text, p_parameters jsonb, p_reason text, p_boss_epoch bigint) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_parent agents := find_agent(p_parent);
begin
  return hire_agent(jsonb_build_object('boss_epoch', p_boss_epoch, 'name', p_name, 'strategy', v_parent.strategy,
                                       'parent', p_parent, 'parameters', p_parameters, 'reason', p_reason));
end
$$;

create function begin_agent_epoch(p_agent text, p_boss_epoch bigint, p_reason text default '') returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_agent agents;
begin
  perform hold_lease('boss', p_boss_epoch);
  update agents set epoch = nextval('agent_epoch_numbers'), updated_at = clock_timestamp()
   where name = p_agent and status <> 'RETIRED' returning * into v_agent;
  if not found then
    raise exception 'no agent named % to begin an epoch', p_agent using errcode = 'FL020';
  end if;
  insert into agent_epochs (agent_id, epoch, boss_epoch, reason) values (v_agent.id, v_agent.epoch, p_boss_epoch, p_reason);
  return v_agent.epoch;
end
$$;
comment on function begin_agent_epoch is 'Raises the agent''s epoch: what any older birth still sends is refused from the commit on. Before each spawn and each fence.';

create function set_agent_status(p_agent text, p_status text, p_reason text, p_boss_epoch bigint) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_old text;
begin
  perform hold_lease('boss', p_boss_epoch);
  select status into v_old from agents where name = p_agent for update;
  if v_old is null then
    raise exception 'no agent named %', p_agent using errcode = 'FL020';
  end if;
  if p_status = 'RETIRED' then
    raise exception 'an agent retires through retire_agent' using errcode = 'FL020';
  end if;
  if v_old in ('RETIRED', 'DRAINING') and p_status <> v_old then
    return v_old;
  end if;
  update agents set status = p_status, status_reason = p_reason, updated_at = clock_timestamp()
   where name = p_agent and (status, status_reason) is distinct from (p_status, p_reason);
  if v_old <> p_status then
    perform write_audit('agent_status', jsonb_build_object('agent', p_agent, 'from', v_old, 'to', p_status, 'reason', p_reason));
  end if;
  return p_status;
end
$$;
comment on function set_agent_status is 'Returns the status that now stands. DRAINING ends only in RETIRED.';

create function set_agent_parameters(p_agent text, p_parameters jsonb, p_boss_epoch bigint) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('boss', p_boss_epoch);
  update agents set parameters = p_parameters, updated_at = clock_timestamp() where name = p_agent and status <> 'RETIRED';
  if found then
    perform write_audit('agent_parameters', jsonb_build_object('agent', p_agent, 'parameters', p_parameters));
  end if;
  return found;
end
$$;

-- Ledger and capital ------------------------------------------------------------------------------------------------------------

create function post_ledger(p_kind text, p_ref text, p_market_at timestamptz, p_lines jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_tx bigint;
begin
  insert into ledger_transactions (kind, ref, market_at) values (p_kind, p_ref, p_market_at)
  on conflict (kind, ref) do nothing returning tx_id into v_tx;
  if v_tx is null then
    return null;
  end if;
  -- Lines in one order everywhere, because the balances they touch are locked in that order.
  insert into ledger_entries (tx_id, line, account, asset, amount)
  select v_tx, row_number() over (order by account, asset), account, asset, amount
    from (select l->>0 as account, l->>1 as asset, sum((l->>2)::numeric) as amount
            from jsonb_array_elements(p_lines) l group by 1, 2) s
   where amount <> 0;
  return v_tx;
end
$$;
comment on function post_ledger is 'Books [[account, asset, amount], …] once per (kind, ref); null when it was booked before. For the functions here only.';

create function record_deposit(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_amount numeric(20,6) := (p->>'amount')::numeric;
  v_tx bigint;
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  v_tx := post_ledger(case when v_amount > 0 then 'deposit' else 'withdrawal' end, p->>'ref',
                      wall_from_ns((p->>'market_now_ns')::bigint),
                      jsonb_build_array(jsonb_build_array('external', 'USD', -v_amount), jsonb_build_array('treasury', 'USD', v_amount)));
  if v_tx is null then
    return jsonb_build_object('outcome', 'duplicate');
  end if;
  perform report_event('INFO', 'ledger', case when v_amount > 0 then 'deposit' else 'withdrawal' end, v_amount::text || ' USD', p - 'gateway_epoch');
  perform write_audit('deposit', p);
  return jsonb_build_object('outcome', 'booked', 'tx', v_tx);
end
$$;

create function agent_account(p_agent_id bigint) returns text language sql immutable parallel safe return 'agent:' || p_agent_id;

create function account_balance(p_account text, p_asset text default 'USD') returns numeric
language sql stable security definer set search_path = public, pg_temp as
  'select coalesce((select balance from ledger_balances where account = p_account and asset = p_asset), 0)';

create function allocate(p_agent text, p_amount numeric, p_boss_epoch bigint) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_floor floor_state;
  v_agent agents;
  v_sum numeric(20,6);
  v_tx bigint;
begin
  perform hold_lease('boss', p_boss_epoch);
  if p_amount <= 0 or p_amount <> round(p_amount, 6) then
    raise exception 'an allocation is a positive amount with at most six decimals, not %', p_amount using errcode = 'FL020';
  end if;
  select * into v_floor from floor_state where id = 1 for update;  -- the one row all allocations pass
  select * into v_agent from agents where name = p_agent for share;
  if not found or v_agent.status in ('RETIRED', 'DRAINING') then
    return jsonb_build_object('outcome', 'refused', 'reason', 'agent_not_hired');
  end if;
  select sum(allocated) into v_sum from allocations;
  if v_sum + p_amount > v_floor.allocation_cap then
    return jsonb_build_object('outcome', 'refused', 'reason', 'allocation_cap', 'allocated', v_sum, 'cap', v_floor.allocation_cap);
  end if;
  if account_balance('treasury') < p_amount then
    return jsonb_build_object('outcome', 'refused', 'reason', 'treasury', 'balance', account_balance('treasury'));
  end if;
  update allocations set allocated = allocated + p_amount, updated_at = clock_timestamp() where agent_id = v_agent.id;
  v_tx := post_ledger('allocate', v_agent.id || ':' || nextval('ledger_numbers'), null, jsonb_build_array(
    jsonb_build_array('treasury', 'USD', -p_amount), jsonb_build_array(agent_account(v_agent.id), 'USD', p_amount)));
  perform write_audit('allocate', jsonb_build_object('agent', p_agent, 'amount', p_amount, 'tx', v_tx));
  return jsonb_build_object('outcome', 'allocated', 'allocated', (select allocated from allocations where agent_id = v_agent.id));
end
$$;

create function release_capital(p_agent text, p_amount numeric, p_boss_epoch bigint) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_agent agents;
  v_alloc allocations;
begin
  perform hold_lease('boss', p_boss_epoch);
  if p_amount <= 0 or p_amount <> round(p_amount, 6) then
    raise exception 'an amount to release is positive with at most six decimals, not %', p_amount using errcode = 'FL020';
  end if;
  v_agent := find_agent(p_agent);
  select * into v_alloc from allocations where agent_id = v_agent.id for update;
  if v_alloc.overdrawn > 0 or v_alloc.allocated + least(v_alloc.realized, 0) - v_alloc.reserved - v_alloc.invested < p_amount then
    return jsonb_build_object('outcome', 'refused', 'reason', 'in_use', 'reserved', v_alloc.reserved, 'invested', v_alloc.invested);
  end if;
  update allocations set allocated = allocated - p_amount, updated_at = clock_timestamp() where agent_id = v_agent.id;
  perform post_ledger('return', v_agent.id || ':' || nextval('ledger_numbers'), null, jsonb_build_array(
    jsonb_build_array(agent_account(v_agent.id), 'USD', -p_amount), jsonb_build_array('treasury', 'USD', p_amount)));
  perform write_audit('release_capital', jsonb_build_object('agent', p_agent, 'amount', p_amount));
  return jsonb_build_object('outcome', 'released', 'allocated', v_alloc.allocated - p_amount);
end
$$;

create function return_capital(p_agent text, p_boss_epoch bigint) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_agent agents;
  v_alloc allocations;
  v_cash numeric(20,6);
begin
  perform hold_lease('boss', p_boss_epoch);
  v_agent := find_agent(p_agent);
  select * into v_alloc from allocations where agent_id = v_agent.id for update;
  if v_alloc.reserved <> 0 or v_alloc.invested <> 0
     or exists (select from order_state where agent_id = v_agent.id and not order_state_is_final(state))
     or exists (select from positions where agent_id = v_agent.id and shares <> 0) then
    return jsonb_build_object('outcome', 'refused', 'reason', 'in_use', 'reserved', v_alloc.reserved, 'invested', v_alloc.invested);
  end if;
  v_cash := account_balance(agent_account(v_agent.id));
  update allocations set allocated = 0, realized = 0, overdrawn = 0, updated_at = clock_timestamp() where agent_id = v_agent.id;
  if v_cash <> 0 then
    perform post_ledger('return', v_agent.id || ':' || nextval('ledger_numbers'), null, jsonb_build_array(
      jsonb_build_array(agent_account(v_agent.id), 'USD', -v_cash), jsonb_build_array('treasury', 'USD', v_cash)));
    perform write_audit('return_capital', jsonb_build_object('agent', p_agent, 'amount', v_cash));
  end if;
  return jsonb_build_object('outcome', 'returned', 'amount', v_cash);
end
$$;
comment on function return_capital is 'Moves all cash of a flat agent (allocation and what it won or lost) back to the treasury.';

create function retire_agent(p_agent text, p_reason text, p_boss_epoch bigint) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_agent agents;
  v_back jsonb;
begin
  perform hold_lease('boss', p_boss_epoch);
  select * into v_agent from agents where name = p_agent for update;
  if not found then
    raise exception 'no agent named %', p_agent using errcode = 'FL020';
  end if;
  if v_agent.status = 'RETIRED' then
    return jsonb_build_object('outcome', 'retired');
  end if;
  if v_agent.status <> 'DRAINING' then
    update agents set status = 'DRAINING', status_reason = p_reason, updated_at = clock_timestamp() where id = v_agent.id;
    perform begin_agent_epoch(p_agent, p_boss_epoch, 'retire: ' || p_reason);
    insert into verdicts (agent_id, verdict, reason) values (v_agent.id, 'RETIRE', p_reason);
    perform write_audit('retire', jsonb_build_object('agent', p_agent, 'reason', p_reason));
  end if;
  v_back := return_capital(p_agent, p_boss_epoch);
  if v_back->>'outcome' <> 'returned' then
    return jsonb_build_object('outcome', 'draining', 'reserved', v_back->'reserved', 'invested', v_back->'invested');
  end if;
  update agents set status = 'RETIRED', retired_at = clock_timestamp(), updated_at = clock_timestamp() where id = v_agent.id;
  delete from checkpoints where agent_id = v_agent.id;
  perform report_event('INFO', 'floor', 'retired', p_agent || ': ' || v_agent.status_reason, v_back);
  return jsonb_build_object('outcome', 'retired', 'returned', v_back->'amount');
end
$$;
comment on function retire_agent is 'Call until it answers retired: fences and drains at the first call, ends when orders and positions are gone and capital is back.';

-- Markets -----------------------------------------------------------------------------------------------------------------------

create function upsert_market(p jsonb) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_state text;
begin
  insert into markets as m (slug, condition_id, series, question, starts_at, ends_at, tick, min_size, fee_rate, fee_exponent, neg_risk, state)
  values (p->>'slug', p->>'condition_id', coalesce(p->>'series', ''), coalesce(p->>'question', ''),
          wall_from_ns((p->>'starts_ns')::bigint), wall_from_ns((p->>'ends_ns')::bigint), (p->>'tick')::numeric,
          coalesce((p->>'min_size')::numeric, 0), coalesce((p->>'fee_rate')::numeric, 0), coalesce((p->>'fee_exponent')::numeric, 1),
          coalesce((p->>'neg_risk')::boolean, false), coalesce(p->>'state', 'OPEN'))
  on conflict (slug) do update
    set series = excluded.series, question = excluded.question, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        tick = excluded.tick, min_size = excluded.min_size, fee_rate = excluded.fee_rate, fee_exponent = excluded.fee_exponent,
        neg_risk = excluded.neg_risk, state = case when m.state = 'RESOLVED' then m.state else excluded.state end,
        updated_at = clock_timestamp()
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
comment on function upsert_market is 'What the feed knows of a market and its two tokens; answers the state that stands (RESOLVED is never undone).';

-- Housekeeping ------------------------------------------------------------------------------------------------------------------

create function ensure_tick_partitions(p_days integer default 3) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_day date;
  v_made integer := 0;
  v_today date := (clock_timestamp() at time zone 'UTC')::date;
begin
  for v_day in select v_today + i from generate_series(0, p_days) i loop
    if to_regclass(format('market_ticks_%s', to_char(v_day, 'YYYYMMDD'))) is null then
      -- Rows that already fell into the default partition keep that day there: the day is then simply not split off.
      if exists (select from market_ticks_default where at >= v_day::timestamp at time zone 'UTC'
                                                    and at < (v_day + 1)::timestamp at time zone 'UTC') then
        continue;
      end if;
      execute format('create table market_ticks_%s partition of market_ticks for values from (%L) to (%L)', to_char(v_day, 'YYYYMMDD'),
                     v_day::timestamp at time zone 'UTC', (v_day + 1)::timestamp at time zone 'UTC');
      v_made := v_made + 1;
    end if;
  end loop;
  return v_made;
end
$$;

create function drop_tick_partitions(p_keep_days integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_name text;
  v_dropped integer := 0;
  v_limit timestamptz := date_trunc('day', clock_timestamp(), 'UTC') - make_interval(days => p_keep_days);
begin
  for v_name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'market_ticks'::regclass and c.relname ~ '^market_ticks_[0-9]{8}$'
       and to_timestamp(right(c.relname, 8) || ' +00', 'YYYYMMDD TZH') < v_limit
  loop
    execute format('drop table %I', v_name);
    v_dropped := v_dropped + 1;
  end loop;
  delete from market_ticks_default where at < v_limit;
  return v_dropped;
end
$$;

create function purge_history(p_keep interval) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_rows bigint;
  v_total bigint := 0;
begin
  delete from decisions where at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from system_events where timestamp < clock_timestamp() - p_keep and severity in ('DEBUG', 'INFO');
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from performance_snapshots where at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from offered_intents where taken_at < clock_timestamp() - interval '1 day';
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from commands where finished_at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  return v_total;
end
$$;
comment on function purge_history is 'Ages out decisions, minor events, snapshots, old commands. Money, orders and the audit chain are never aged out.';

create function chain_audit(p_limit integer default 1000) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_row record;
  v_seq bigint;
  v_prev bytea;
  v_hash bytea;
  v_at text;
  v_done bigint := 0;
begin
  perform pg_advisory_xact_lock(7303);
  select seq, hash into v_seq, v_prev from audit_log order by seq desc limit 1;
  v_seq := coalesce(v_seq, 0);
  v_prev := coalesce(v_prev, decode(repeat('00', 32), 'hex'));
  for v_row in select id, at, actor, kind, body::text as body from audit_outbox order by id limit p_limit for update skip locked loop
    v_seq := v_seq + 1;
    v_at := to_char(v_row.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    v_hash := sha256(v_prev || audit_field(v_seq::text) || audit_field(v_row.id::text) || audit_field(v_at) || audit_field(v_row.actor)
                     || audit_field(v_row.kind) || audit_field(v_row.body));
    insert into audit_log (seq, outbox_id, at_text, actor, kind, body, prev, hash)
    values (v_seq, v_row.id, v_at, v_row.actor, v_row.kind, v_row.body, v_prev, v_hash);
    delete from audit_outbox where id = v_row.id;
    v_prev := v_hash;
    v_done := v_done + 1;
  end loop;
  return v_done;
end
$$;

create function audit_field(p_text text) returns bytea language sql immutable parallel safe
  return convert_to(octet_length(convert_to(p_text, 'UTF8'))::text || ':', 'UTF8') || convert_to(p_text, 'UTF8');

reset role;
