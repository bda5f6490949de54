-- How often an agent looked, so that what stopped it adds up to something (`floor why`). One row for each five minutes of a life, whose
-- counts run from the agent's birth: the difference of two rows is what happened between them.
set local role floor_owner;

create table evaluation_counts (
  agent_id    bigint not null references agents (id),
  epoch       bigint not null,
  slot        timestamptz not null,
  at          timestamptz not null default clock_timestamp(),
  evaluations bigint not null check (evaluations >= 0),
  quiet       bigint not null check (quiet >= 0),
  refused     bigint not null check (refused >= 0),
  signals     bigint not null check (signals >= 0),
  reasons     jsonb not null check (jsonb_typeof(reasons) = 'object'),
  unreported  bigint not null check (unreported >= 0),
  decisions   bigint not null check (decisions >= 0),
  primary key (agent_id, epoch, slot)
);
comment on table evaluation_counts is 'State of the present five minutes, fact afterwards. What an agent''s strategy judged since its birth: '
  'evaluations = quiet + refused + signals. reasons is refused by reason; unreported of them stood in no row of decisions yet at `at`, when '
  'the newest row was number `decisions`. signals is also the number of the newest intent of the life.';
create index evaluation_counts_at on evaluation_counts using brin (at);

alter table evaluation_counts enable row level security;
create policy readers on evaluation_counts for select to floor_readers using (true);
create policy own on evaluation_counts to floor_agents
  using (agent_id = current_agent_id())
  with check (agent_id = current_agent_id() and epoch = current_agent_epoch());
grant select on evaluation_counts to floor_readers;
grant select, insert, update on evaluation_counts to floor_agents;

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
comment on function purge_history is 'Ages out decisions and their counts, events below ERROR, snapshots, old commands and the venue''s repeated answers. Money, orders, '
  'verdicts and the audit chain are never aged out.';

reset role;
