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

grant select on reconciliations to floor_readers;
grant execute on function request_reconciliation(interval) to floor_operator;
grant execute on function take_reconciliation(bigint), record_reconciliation(jsonb) to floor_gateway;

reset role;
