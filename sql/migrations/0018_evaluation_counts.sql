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

reset role;
