-- A halt may close: while the floor is halted the gateway may sell what is held, where the floor's policy says so and no halt stands in
-- the way that doubts the books or the venue's ear (docs/halt.md).
set local role floor_owner;

alter table floor_state add column halt_holds boolean not null default false,
  add constraint floor_state_holds_while_halted check (halted or not halt_holds);
comment on column floor_state.halt_holds is 'Nothing is sold in this halt, whatever the policy: somebody who halted does not trust books or venue.';

drop function trip_halt(text);
create function trip_halt(p_reason text, p_holds boolean default false) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_old floor_state;
  -- What the auditor halts for is always a doubt in the books.
  v_holds boolean := p_holds or session_user = 'floor_auditor';
begin
  select * into v_old from floor_state where id = 1 for update;
  if v_old.halted then
    -- The first halt's words stay; a doubt is added to it.
    if v_holds and not v_old.halt_holds then
      update floor_state set halt_holds = true, updated_at = clock_timestamp() where id = 1;
      perform pg_notify('floor_state', 'HALTED');
      perform report_event('CRITICAL', 'floor', 'halt_holds', p_reason, jsonb_build_object('by', session_user));
      perform write_audit('halt_holds', jsonb_build_object('reason', p_reason));
    end if;
    return false;
  end if;
  update floor_state set mode = 'HALTED', halted = true, halt_holds = v_holds, reason = p_reason, latched_by = session_user,
         updated_at = clock_timestamp()
   where id = 1;
  perform report_event('CRITICAL', 'floor', 'halt', p_reason,
                       jsonb_build_object('from', v_old.mode, 'by', session_user, 'holds', v_holds));
  perform write_audit('halt', jsonb_build_object('from', v_old.mode, 'reason', p_reason));
  return true;
end
$$;
comment on function trip_halt is 'Latches HALTED; true when this call did it. Needs no lease: anyone on the floor may stop it. holds: nothing may be '
  'sold in it either; a later call can add that, none takes it back.';

create or replace function resume_floor(p_reason text, p_boss_epoch bigint) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_lease('boss', p_boss_epoch);
  perform set_config('floor.resuming', 'on', true);
  update floor_state set mode = 'REDUCE_ONLY', halted = false, halt_holds = false, latched_by = null, reason = p_reason,
         boss_epoch = p_boss_epoch, updated_at = clock_timestamp()
   where id = 1 and halted;
  if found then
    perform report_event('WARNING', 'floor', 'resume', p_reason);
    perform write_audit('resume', jsonb_build_object('reason', p_reason));
  end if;
  perform set_config('floor.resuming', 'off', true);
  return (select mode from floor_state where id = 1);
end
$$;

-- What the gateway sells by itself. Outside a halt that closes it is an intent like any other.
create function submit_own_exit(p jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v record;
  v_position positions;
  v_denial text;
begin
  if p->>'origin' is distinct from 'gateway' or p->>'action' is distinct from 'exit' or p->>'side' is distinct from 'SELL' then
    raise exception 'intent %: the gateway itself only sells', p->>'intent' using errcode = 'FL020';
  end if;
  -- Locked in the order of submit_intent, which locks the same again.
  select f.halted, f.halt_holds, a.id as agent_id into v
    from floor_state f
    join leases l on l.name = 'gateway' and l.epoch = (p->>'gateway_epoch')::bigint
    join agents a on a.name = p->>'agent'
   where f.id = 1
     for share of l, f, a;
  if not found or not v.halted or v.halt_holds or coalesce((p->>'journaled')::boolean, false) or p ? 'denied'
     or exists (select from intents where id = p->>'intent') then
    return submit_intent(p);
  end if;
  perform 1 from allocations where agent_id = v.agent_id for update;
  select x.* into v_position from positions x join tokens t using (token_id)
   where x.agent_id = v.agent_id and t.slug = p->>'market' and t.outcome = p->>'outcome' for update of x;
  v_denial := case
    when v_position.agent_id is null or v_position.deficient
         or v_position.shares - v_position.reserved_shares < (p->>'size')::numeric then 'no_shares'
    when wall_from_ns((p->>'market_now_ns')::bigint) > wall_from_ns((p->>'useful_until_ns')::bigint) then 'expired'
    when exists (select from markets m where m.slug = p->>'market'
                 and (m.state in ('CLOSED', 'RESOLVED') or m.ends_at <= wall_from_ns((p->>'market_now_ns')::bigint))) then 'market_closed'
  end;
  if v_denial is not null then
    return submit_intent(p || jsonb_build_object('denied', jsonb_build_object('reason', v_denial, 'detail', '')));
  end if;
  -- Judged here, so that the mode alone does not refuse it.
  return submit_intent(p || '{"journaled": true}');
end
$$;
comment on function submit_own_exit is 'A sale of the gateway itself, as submit_intent; in a halt that may close (not halt_holds) it is taken all the same.';

grant execute on function trip_halt(text, boolean) to floor_boss, floor_gateway, floor_feed, floor_auditor, floor_monitor, floor_web, floor_operator;
grant execute on function submit_own_exit(jsonb) to floor_gateway;

reset role;
