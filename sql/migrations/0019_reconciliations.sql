-- Comparisons of venue and record by the gateway: what was compared, what differed, and, as the same rows, the operator's questions for one.
set local role floor_owner;

create table reconciliations (
  id            bigint generated always as identity primary key,
  why           text not null check (why in ('start', 'reconnect', 'hourly', 'asked')),
  requested_by  text not null default session_user,
  requested_at  timestamptz not null default clock_timestamp(),
  expires_at    timestamptz,
  gateway_epoch bigint,
  began_at      timestamptz,
  ended_at      timestamptz,
  since_at      timestamptz,
  compared      jsonb,
  passed        jsonb,
  differences   jsonb,
  failure       text
);
comment on table reconciliations is 'State until ended_at, fact afterwards. compared: how many orders, trades, dollars and tokens of either side; passed: what only '
  'the first of two looks found (it was on its way, or was put right); differences: what both found, each also an event. since_at is market time.';
create index reconciliations_waiting on reconciliations (id) where gateway_epoch is null;

create function request_reconciliation(p_ttl interval default interval '60 seconds') returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id bigint;
begin
  if (select count(*) from reconciliations where gateway_epoch is null and expires_at > clock_timestamp()) >= 10 then
    raise exception 'ten comparisons are waited for already' using errcode = 'FL021';
  end if;
  insert into reconciliations (why, requested_by, expires_at) values ('asked', session_user, clock_timestamp() + p_ttl) returning id into v_id;
  perform pg_notify('floor_reconcile', v_id::text);
  return v_id;
end
$$;
comment on function request_reconciliation is 'Asks the gateway to compare venue and record now; its row is the answer, NOTIFY floor_reconciled its end.';

create function take_reconciliation(p_gateway_epoch bigint) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id bigint;
begin
  perform hold_lease('gateway', p_gateway_epoch);
  update reconciliations set gateway_epoch = p_gateway_epoch
   where id = (select id from reconciliations where gateway_epoch is null and expires_at > clock_timestamp() order by id limit 1 for update skip locked)
  returning id into v_id;
  return v_id;
end
$$;

create function record_reconciliation(p jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id bigint := (p->>'id')::bigint;
begin
  perform hold_lease('gateway', (p->>'gateway_epoch')::bigint);
  if v_id is null then
    insert into reconciliations (why) values (p->>'why') returning id into v_id;
  end if;
  update reconciliations
     set gateway_epoch = (p->>'gateway_epoch')::bigint, began_at = (p->>'began')::timestamptz, ended_at = clock_timestamp(),
         since_at = wall_from_ns((p->>'since_ns')::bigint), compared = p->'compared', passed = p->'passed', differences = p->'differences',
         failure = p->>'failure'
   where id = v_id and ended_at is null;
  perform pg_notify('floor_reconciled', v_id::text);
  return v_id;
end
$$;

-- With the counts of 0018.
create or replace function purge_history(p_keep interval) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_rows bigint;
  v_total bigint := 0;
begin
  delete from decisions where at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from evaluation_counts where at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from reconciliations where requested_at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from system_events where timestamp < clock_timestamp() - p_keep and severity in ('DEBUG', 'INFO', 'WARNING');
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from performance_snapshots where at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from offered_intents where taken_at < clock_timestamp() - interval '1 day';
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from commands where finished_at < clock_timestamp() - p_keep;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  delete from evidence e using (
    select id, row_number() over (partition by kind, (at at time zone 'UTC')::date order by id desc) as from_last,
           row_number() over (partition by kind, (at at time zone 'UTC')::date order by (body->>'peak_usd')::numeric desc nulls last, id) as from_peak
      from evidence where at < clock_timestamp() - p_keep) old
   where e.id = old.id and old.from_last > 1 and old.from_peak > 1;
  get diagnostics v_rows = row_count; v_total := v_total + v_rows;
  return v_total;
end
$$;
comment on function purge_history is 'Ages out decisions and their counts, comparisons, events below ERROR, snapshots, old commands and the venue''s repeated answers. Money, orders, '
  'verdicts and the audit chain are never aged out.';

grant select on reconciliations to floor_readers;
grant execute on function request_reconciliation(interval) to floor_operator;
grant execute on function take_reconciliation(bigint), record_reconciliation(jsonb) to floor_gateway;

reset role;
