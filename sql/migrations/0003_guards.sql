-- What no role may break, the owner of the functions included: facts do not change, the ledger balances, states stay on their edges.
set local role floor_owner;

create function forbid_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception '% is a record of facts: % is refused', tg_table_name, tg_op using errcode = 'FL010';
end
$$;

do $$
declare
  v_table text;
begin
  foreach v_table in array array['agent_epochs', 'intents', 'orders', 'order_events', 'fills', 'settlements', 'ledger_transactions',
      'ledger_entries', 'verdicts', 'findings', 'recommendations', 'experiments', 'evidence', 'audit_log', 'tokens'] loop
    execute format('create trigger facts_stay before update or delete on %I for each row execute function forbid_change()', v_table);
    execute format('create trigger facts_remain before truncate on %I for each statement execute function forbid_change()', v_table);
  end loop;
  -- Aged out by purge_history, so deletion is left to grants; changes are still refused.
  foreach v_table in array array['decisions', 'system_events', 'performance_snapshots'] loop
    execute format('create trigger facts_stay before update on %I for each row execute function forbid_change()', v_table);
  end loop;
end
$$;

create function trade_record_only_voids() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or old.voided_at is not null
     or (to_jsonb(new) - 'voided_at' - 'void_reason') <> (to_jsonb(old) - 'voided_at' - 'void_reason') then
    raise exception 'a trade record can only be voided, once' using errcode = 'FL010';
  end if;
  return new;
end
$$;
create trigger only_voids before update or delete on trade_records for each row execute function trade_record_only_voids();

create function ledger_keeps_balances() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into ledger_balances as b (account, asset, balance) values (new.account, new.asset, new.amount)
  on conflict (account, asset) do update set balance = b.balance + excluded.balance;
  return null;
end
$$;
create trigger keep_balances after insert on ledger_entries for each row execute function ledger_keeps_balances();

create function ledger_must_balance() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from ledger_entries where tx_id = new.tx_id group by asset having sum(amount) <> 0) then
    raise exception 'ledger transaction % does not sum to zero', new.tx_id using errcode = 'FL011';
  end if;
  return null;
end
$$;
create constraint trigger must_balance after insert on ledger_entries deferrable initially deferred
  for each row execute function ledger_must_balance();

create function order_state_is_final(p_state text) returns boolean language sql immutable parallel safe
  return p_state in ('FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'EXPIRED_UNSENT', 'VOID');

create function order_edge_exists(p_from text, p_to text) returns boolean language sql immutable parallel safe
  return case p_from
    when 'SENDING' then p_to in ('LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'EXPIRED_UNSENT')
    when 'DELAYED' then p_to in ('LIVE', 'CANCEL_SENT', 'UNKNOWN', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED')
    when 'LIVE' then p_to in ('CANCEL_SENT', 'UNKNOWN', 'FILLED', 'CANCELLED', 'EXPIRED')
    when 'CANCEL_SENT' then p_to in ('LIVE', 'UNKNOWN', 'FILLED', 'CANCELLED', 'EXPIRED')
    when 'UNKNOWN' then p_to in ('LIVE', 'DELAYED', 'CANCEL_SENT', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'VOID')
    else false
  end;

create function order_state_moves() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if new.state <> old.state and not order_edge_exists(old.state, new.state) then
    raise exception 'order %: no way from % to %', old.order_id, old.state, new.state using errcode = 'FL012';
  end if;
  return new;
end
$$;
create trigger moves before update on order_state for each row execute function order_state_moves();

create function fill_state_advances() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.status in ('CONFIRMED', 'FAILED') and new.status <> old.status
     or old.status = 'MINED' and new.status = 'MATCHED' then
    raise exception 'fill %: settlement does not go from % to %', old.venue_trade_id, old.status, new.status using errcode = 'FL012';
  end if;
  return new;
end
$$;
create trigger advances before update on fill_state for each row execute function fill_state_advances();

create function halt_is_latched() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.halted and not new.halted and coalesce(current_setting('floor.resuming', true), '') <> 'on' then
    raise exception 'the floor is halted (%); only resume_floor leaves the halt', old.reason using errcode = 'FL013';
  end if;
  if new.mode <> old.mode or new.reason <> old.reason then
    perform pg_notify('floor_state', new.mode);
  end if;
  return new;
end
$$;
create trigger latched before update on floor_state for each row execute function halt_is_latched();

create function commands_wake() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform pg_notify('floor_commands', new.verb);
  return null;
end
$$;
create trigger wake after insert on commands for each row execute function commands_wake();

-- Who is speaking: the agent bound to the login role, or null.
create function current_agent_id() returns bigint language sql stable security definer set search_path = public, pg_temp as
  'select id from agents where db_role = session_user and status <> ''RETIRED''';
create function current_agent_epoch() returns bigint language sql stable security definer set search_path = public, pg_temp as
  'select epoch from agents where db_role = session_user and status <> ''RETIRED''';

alter table checkpoints enable row level security;
create policy readers on checkpoints for select to floor_readers using (true);
create policy boss_adopts on checkpoints for delete to floor_boss using (true);
create policy own on checkpoints to floor_agents
  using (agent_id = current_agent_id())
  with check (agent_id = current_agent_id() and epoch = current_agent_epoch());

alter table decisions enable row level security;
create policy readers on decisions for select to floor_readers using (true);
create policy own_reading on decisions for select to floor_agents using (agent_id = current_agent_id());
create policy own_writing on decisions for insert to floor_agents
  with check (agent_id = current_agent_id() and epoch = current_agent_epoch());

reset role;
