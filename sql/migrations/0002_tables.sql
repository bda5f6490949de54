-- Every table of the floor. State tables are updated; facts are insert-only with unique keys that make a repeat harmless.
-- Money, prices and shares are numeric(20,6). `*_at` is wall time, `market_at` market time; `*_ns` are nanoseconds since 1970.
set local role floor_owner;

-- Roster ------------------------------------------------------------------------------------------------------------------------

create table agents (
  id            bigint generated always as identity primary key,
  name          text not null unique check (name ~ '^[a-z0-9-]{1,40}$'),
  strategy      text not null check (strategy ~ '^[a-z0-9_-]{1,40}$'),
  status        text not null default 'HIRED'
                check (status in ('HIRED', 'RUNNING', 'PAUSED', 'QUARANTINED', 'DRAINING', 'RETIRED')),
  status_reason text not null default '',
  parameters    jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  generation    integer not null default 0 check (generation >= 0),
  parent_id     bigint references agents (id),
  epoch         bigint not null default 0,
  db_role       text check (db_role ~ '^floor_agent_[0-9]{2}$'),
  hired_at      timestamptz not null default clock_timestamp(),
  retired_at    timestamptz,
  updated_at    timestamptz not null default clock_timestamp(),
  check ((status = 'RETIRED') = (retired_at is not null)),
  check ((generation = 0) = (parent_id is null)),
  check (parent_id is null or parent_id <> id)
);
comment on table agents is 'State. The roster. Only RUNNING agents may enter; epoch fences what an older birth still sends.';
comment on column agents.epoch is 'Of the present birth, from one sequence for all agents, so no two births ever share one.';
comment on column agents.db_role is 'The pool role this agent logs in with; free again once the agent is RETIRED.';
create unique index agents_db_role on agents (db_role) where status <> 'RETIRED';

create sequence agent_epoch_numbers;

create table agent_epochs (
  agent_id   bigint not null references agents (id),
  epoch      bigint not null,
  boss_epoch bigint not null,
  reason     text not null default '',
  began_at   timestamptz not null default clock_timestamp(),
  primary key (agent_id, epoch),
  unique (epoch)
);
comment on table agent_epochs is 'Fact. Every birth and every fencing of an agent.';

create table allocations (
  agent_id       bigint primary key references agents (id),
  allocated      numeric(20,6) not null default 0 check (allocated >= 0),
  reserved       numeric(20,6) not null default 0 check (reserved >= 0),
  invested       numeric(20,6) not null default 0 check (invested >= 0),
  realized       numeric(20,6) not null default 0,
  realized_total numeric(20,6) not null default 0,
  overdrawn      numeric(20,6) not null default 0 check (overdrawn >= 0),
  updated_at     timestamptz not null default clock_timestamp(),
  constraint allocation_covers_worst_case check (reserved + invested <= allocated + least(realized, 0) + overdrawn)
);
comment on table allocations is 'State. Capital per agent: reserved = worst case of its open buys, invested = cost with fees of what it '
  'holds, realized = net since its capital was last returned. Its cash in the ledger is allocated + realized - invested.';
comment on column allocations.overdrawn is 'What facts (a fee above the estimate, a fill after its cancel, a voided sale) took beyond the '
  'allocation. Facts are never refused; entries are, until this is zero again. The auditor reports it.';

-- Markets -----------------------------------------------------------------------------------------------------------------------

create table markets (
  slug             text primary key check (slug ~ '^[a-z0-9._-]{1,200}$'),
  condition_id     text not null unique check (condition_id ~ '^0x([0-9a-f]{62}|[0-9a-f]{64})$'),
  series           text not null default '',
  question         text not null default '',
  starts_at        timestamptz,
  ends_at          timestamptz,
  tick             numeric(20,6) not null check (tick > 0 and tick < 1),
  min_size         numeric(20,6) not null default 0 check (min_size >= 0),
  fee_rate         numeric(20,6) not null default 0 check (fee_rate >= 0),
  fee_exponent     numeric(20,6) not null default 1 check (fee_exponent >= 0),
  neg_risk         boolean not null default false,
  state            text not null default 'OPEN' check (state in ('UPCOMING', 'OPEN', 'CLOSED', 'RESOLVED')),
  resolved_outcome text check (resolved_outcome in ('YES', 'NO', 'SPLIT')),
  payout_yes       numeric(20,6) check (payout_yes between 0 and 1),
  resolved_at      timestamptz,
  updated_at       timestamptz not null default clock_timestamp(),
  check ((state = 'RESOLVED') = (payout_yes is not null)),
  check ((state = 'RESOLVED') = (resolved_outcome is not null))
);
comment on table markets is 'State, written by the feed; RESOLVED is written by settle_market. starts_at and ends_at are market time.';
create index markets_series_ends on markets (series, ends_at);
create index markets_unresolved on markets (ends_at) where state <> 'RESOLVED';

create table tokens (
  token_id text primary key check (token_id ~ '^[0-9]{1,78}$'),
  slug     text not null references markets (slug),
  outcome  text not null check (outcome in ('YES', 'NO')),
  unique (slug, outcome)
);
comment on table tokens is 'Fact in effect: the two outcome tokens of a market; outcome 0 is YES (Up), outcome 1 is NO (Down).';

create table market_exposure (
  slug       text primary key references markets (slug),
  open       numeric(20,6) not null default 0 check (open >= 0),
  cap        numeric(20,6) check (cap >= 0),
  updated_at timestamptz not null default clock_timestamp()
);
comment on table market_exposure is 'State. Worst case of all agents in one market: open buy reservations plus the cost of what is held.';

-- The floor ---------------------------------------------------------------------------------------------------------------------

create table floor_state (
  id             integer primary key default 1 check (id = 1),
  mode           text not null default 'REDUCE_ONLY'
                 check (mode in ('ACTIVE', 'REDUCE_ONLY', 'CANCEL_ONLY', 'FILE_FALLBACK', 'HALTED')),
  reason         text not null default 'not started',
  halted         boolean not null default false,
  latched_by     text,
  is_paper       boolean not null default true,
  capital        numeric(20,6) not null default 0 check (capital >= 0),
  allocation_cap numeric(20,6) not null default 0 check (allocation_cap >= 0),
  order_cap      numeric(20,6) check (order_cap > 0),
  boss_epoch     bigint not null default 0,
  updated_at     timestamptz not null default clock_timestamp(),
  check (halted = (mode = 'HALTED')),
  check (halted = (latched_by is not null))
);
comment on table floor_state is 'State, one row. HALTED is latched: only resume_floor leaves it. allocation_cap bounds the sum of allocations, '
  'order_cap the worst case of one order.';
insert into floor_state default values;

create table leases (
  name       text primary key check (name ~ '^[a-z0-9-]{1,40}$'),
  holder     text not null default '',
  boot       text not null default '',
  epoch      bigint not null default 0,
  expires_at timestamptz not null default '-infinity',
  renewed_at timestamptz not null default '-infinity'
);
comment on table leases is 'State. Who holds a role, on the database''s clock. holder is host:pid:start_ticks, boot one run of a process.';

create table processes (
  name         text primary key check (name ~ '^[a-z0-9-]{1,60}$'),
  kind         text not null,
  agent_id     bigint references agents (id),
  wanted       text not null default 'UP' check (wanted in ('UP', 'DOWN')),
  state        text not null check (state in ('STARTING', 'READY', 'STOPPING', 'EXITED', 'BACKOFF', 'QUARANTINED')),
  pid          integer,
  start_ticks  bigint,
  boot         text,
  epoch        bigint,
  boss_epoch   bigint,
  restarts     integer not null default 0,
  last_exit    text not null default '',
  started_at   timestamptz,
  ready_at     timestamptz,
  updated_at   timestamptz not null default clock_timestamp(),
  detail       jsonb not null default '{}'
);
comment on table processes is 'State. What the boss knows of each child; a new boss finds here whom to adopt.';

create table commands (
  id           bigint generated always as identity primary key,
  verb         text not null check (verb ~ '^[a-z][a-z-]{0,39}$'),
  target       text not null default '',
  arguments    jsonb not null default '{}' check (jsonb_typeof(arguments) = 'object'),
  nonce        text unique,
  requested_by text not null default session_user,
  requested_at timestamptz not null default clock_timestamp(),
  expires_at   timestamptz not null default clock_timestamp() + interval '60 seconds',
  state        text not null default 'REQUESTED' check (state in ('REQUESTED', 'TAKEN', 'DONE', 'FAILED', 'EXPIRED')),
  taken_by     bigint,
  taken_at     timestamptz,
  finished_at  timestamptz,
  result       jsonb
);
comment on table commands is 'State. Orders to the boss; consumed once by conditional update. taken_by is the boss''s epoch.';
create index commands_waiting on commands (id) where state in ('REQUESTED', 'TAKEN');

create table checkpoints (
  agent_id   bigint primary key references agents (id),
  seq        bigint not null check (seq >= 0),
  epoch      bigint not null,
  state      jsonb not null,
  at         timestamptz not null default clock_timestamp()
);
comment on table checkpoints is 'State. The last checkpoint of each agent. It resumes an agent; it never authorises risk.';

create table decisions (
  id           bigint generated always as identity primary key,
  agent_id     bigint not null references agents (id),
  epoch        bigint not null,
  kind         text not null check (kind in ('signal', 'refusal')),
  reason       text not null check (reason <> ''),
  market       text,
  outcome      text check (outcome in ('YES', 'NO')),
  intent_id    text,
  detail       jsonb not null default '{}',
  feed_order   bigint,
  event_cursor bigint,
  market_ns    bigint,
  market_at    timestamptz,
  at           timestamptz not null default clock_timestamp(),
  count        bigint not null default 1 check (count >= 1)
);
comment on table decisions is 'Fact. An agent''s signals, and its refusals as changes with a count, not one row a tick. (feed_order, '
  'event_cursor, market_ns) make a day replayable.';
create index decisions_agent on decisions (agent_id, id);
create index decisions_at on decisions using brin (at);

-- Orders ------------------------------------------------------------------------------------------------------------------------

create table intents (
  id             text primary key check (id ~ '^[a-z0-9.-]{1,80}$'),
  agent_id       bigint not null references agents (id),
  epoch          bigint not null,
  gateway_epoch  bigint not null,
  origin         text not null check (origin in ('agent', 'gateway')),
  action         text not null check (action in ('enter', 'exit', 'cancel')),
  market         text,
  token_id       text,
  outcome        text check (outcome in ('YES', 'NO')),
  side           text check (side in ('BUY', 'SELL')),
  type           text check (type in ('GTC', 'GTD', 'FOK', 'FAK')),
  price          numeric(20,6),
  size           numeric(20,6),
  worst          numeric(20,6),
  cancels        text,
  reason         text not null default '',
  useful_until   timestamptz,
  market_at      timestamptz,
  feed_order     bigint,
  book_at        timestamptz,
  result         text not null check (result in ('accepted', 'denied')),
  denial         text,
  denial_detail  text,
  created_at     timestamptz not null default clock_timestamp(),
  check ((result = 'denied') = (denial is not null)),
  check (result = 'denied' or action = 'cancel' or (action = 'enter') = (side = 'BUY'))
);
comment on table intents is 'Fact. What agents wanted and what we answered; the answer to a repeat is this row.';
create index intents_agent on intents (agent_id, created_at);

create table orders (
  order_id     text primary key check (order_id ~ '^0x[0-9a-f]{64}$'),
  intent_id    text not null unique references intents (id),
  agent_id     bigint not null references agents (id),
  token_id     text not null references tokens (token_id),
  slug         text not null references markets (slug),
  outcome      text not null check (outcome in ('YES', 'NO')),
  side         text not null check (side in ('BUY', 'SELL')),
  type         text not null check (type in ('GTC', 'GTD', 'FOK', 'FAK')),
  price        numeric(20,6) not null check (price > 0 and price < 1),
  size         numeric(20,6) not null check (size > 0),
  worst        numeric(20,6) not null check (worst >= 0),
  signed_body  bytea not null,
  gateway_epoch bigint not null,
  useful_until timestamptz,
  expires_at   timestamptz,
  is_paper     boolean not null,
  market_at    timestamptz,
  created_at   timestamptz not null default clock_timestamp()
);
comment on table orders is 'Fact. One order an intent, recorded with its id and the exact bytes before the first of them leaves.';
comment on column orders.worst is 'BUY: dollars reserved, price x size plus the highest fee. SELL: zero; shares are reserved instead.';
create index orders_agent on orders (agent_id, created_at);
create index orders_token on orders (token_id);

create table order_state (
  order_id        text primary key references orders (order_id),
  agent_id        bigint not null references agents (id),
  token_id        text not null,
  state           text not null check (state in ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN', 'FILLED', 'CANCELLED',
                                                 'EXPIRED', 'REJECTED', 'EXPIRED_UNSENT', 'VOID')),
  settlement      text not null default 'NONE' check (settlement in ('NONE', 'PENDING', 'CONFIRMED', 'FAILED', 'MIXED')),
  filled          numeric(20,6) not null default 0 check (filled >= 0),
  reserved        numeric(20,6) not null default 0 check (reserved >= 0),
  reserved_shares numeric(20,6) not null default 0 check (reserved_shares >= 0),
  reason          text not null default '',
  detail          text not null default '',
  changes         integer not null default 0,
  updated_at      timestamptz not null default clock_timestamp(),
  check (state not in ('FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'EXPIRED_UNSENT', 'VOID') or (reserved = 0 and reserved_shares = 0))
);
comment on table order_state is 'State, two axes: where the order is, and how its fills settled. A final state holds no reservation.';
create index order_state_open on order_state (agent_id, token_id)
  where state in ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN');
create index order_state_unknown on order_state (token_id) where state = 'UNKNOWN';

create table agent_cursors (
  agent_id bigint primary key references agents (id),
  cursor   bigint not null default 0
);
comment on table agent_cursors is 'State. The last order-event number of each agent; without gaps, because it moves in the event''s transaction.';

create table order_events (
  agent_id   bigint not null references agents (id),
  cursor     bigint not null check (cursor > 0),
  intent_id  text,
  order_id   text,
  event      text not null check (event in ('accepted', 'denied', 'live', 'fill', 'done', 'rejected', 'unknown', 'settled', 'voided')),
  reason     text not null default '',
  body       jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (agent_id, cursor)
);
comment on table order_events is 'Fact. What the gateway tells an agent, numbered per agent; body is the message without its envelope.';
create index order_events_order on order_events (order_id);

create sequence trade_numbers;
create sequence fill_numbers;

create table fills (
  venue_trade_id text not null check (venue_trade_id <> ''),
  order_id       text not null references orders (order_id),
  seq            bigint not null unique default nextval('fill_numbers'),
  agent_id       bigint not null references agents (id),
  token_id       text not null references tokens (token_id),
  side           text not null check (side in ('BUY', 'SELL')),
  price          numeric(20,6) not null check (price >= 0 and price <= 1),
  size           numeric(20,6) not null check (size > 0),
  notional       numeric(20,6) not null check (notional >= 0),
  fee            numeric(20,6) not null default 0 check (fee >= 0),
  liquidity      text not null default 'TAKER' check (liquidity in ('TAKER', 'MAKER')),
  source         text not null default '',
  executed_at    timestamptz not null,
  market_at      timestamptz,
  recorded_at    timestamptz not null default clock_timestamp(),
  primary key (venue_trade_id, order_id)
);
comment on table fills is 'Fact. One match of one order; the same fill arrives on several roads and is stored once.';
create index fills_order on fills (order_id);
create index fills_agent_token on fills (agent_id, token_id, seq);
create index fills_executed on fills using brin (executed_at);

create table fill_state (
  venue_trade_id text not null,
  order_id       text not null,
  trade_id       bigint not null,
  status         text not null check (status in ('MATCHED', 'MINED', 'CONFIRMED', 'FAILED')),
  realized       numeric(20,6) not null default 0,
  voided_at      timestamptz,
  updated_at     timestamptz not null default clock_timestamp(),
  primary key (venue_trade_id, order_id),
  foreign key (venue_trade_id, order_id) references fills (venue_trade_id, order_id),
  check ((status = 'FAILED') = (voided_at is not null))
);
comment on table fill_state is 'State of a fill: its settlement, which only advances, the round trip it belongs to, what it realised.';
create index fill_state_trade on fill_state (trade_id);
create index fill_state_pending on fill_state (updated_at) where status in ('MATCHED', 'MINED');

create table positions (
  agent_id        bigint not null references agents (id),
  token_id        text not null references tokens (token_id),
  shares          numeric(20,6) not null default 0,
  reserved_shares numeric(20,6) not null default 0 check (reserved_shares >= 0),
  cost            numeric(20,6) not null default 0,
  fees            numeric(20,6) not null default 0,
  trade_id        bigint,
  opened_at       timestamptz,
  opened_market_at timestamptz,
  last_fill_at    timestamptz,
  deficient       boolean not null default false,
  updated_at      timestamptz not null default clock_timestamp(),
  primary key (agent_id, token_id),
  constraint no_naked_sell check (deficient or (shares >= 0 and reserved_shares <= shares))
);
comment on table positions is 'Rebuildable from fills and settlements (replay_trade). cost and fees are those of the shares still held.';
comment on column positions.deficient is 'Facts (a voided purchase of shares already sold) left fewer shares than reserved; no new sale until repaired.';
create index positions_open on positions (token_id) where shares <> 0;

create table settlements (
  id         bigint generated always as identity primary key,
  slug       text not null references markets (slug),
  agent_id   bigint not null references agents (id),
  token_id   text not null references tokens (token_id),
  trade_id   bigint not null,
  shares     numeric(20,6) not null check (shares <> 0),
  payout     numeric(20,6) not null check (payout between 0 and 1),
  proceeds   numeric(20,6) not null,
  realized   numeric(20,6) not null,
  kind       text not null default 'settle' check (kind in ('settle', 'correct')),
  settled_at timestamptz not null default clock_timestamp(),
  market_at  timestamptz
);
comment on table settlements is 'Fact. What an outcome paid on a position; kind correct takes back what a voided fill had been paid.';
create index settlements_trade on settlements (trade_id);
create index settlements_agent on settlements (agent_id, settled_at);

create table trade_records (
  id           bigint primary key default nextval('trade_numbers'),
  agent_id     bigint not null references agents (id),
  token_id     text not null references tokens (token_id),
  market       text not null references markets (slug),
  side         text not null check (side in ('YES', 'NO')),
  entry_price  numeric(20,6) not null,
  exit_price   numeric(20,6) not null,
  shares       numeric(20,6) not null,
  cost         numeric(20,6) not null,
  proceeds     numeric(20,6) not null,
  fees         numeric(20,6) not null,
  pnl          numeric(20,6) not null,
  opened_at    timestamptz not null,
  opened_market_at timestamptz,
  executed_at  timestamptz not null,
  market_at    timestamptz,
  exit_reason  text not null,
  is_paper     boolean not null,
  voided_at    timestamptz,
  void_reason  text,
  check (pnl = proceeds - cost - fees)
);
comment on table trade_records is 'One completed round trip, flat to flat, of an agent and a token. Only voided_at may change. Read it through trades.';
create index trade_records_executed on trade_records (executed_at desc) where voided_at is null;
create index trade_records_agent on trade_records (agent_id, executed_at desc) include (pnl) where voided_at is null;

-- Ledger ------------------------------------------------------------------------------------------------------------------------

create sequence ledger_numbers;

create table ledger_transactions (
  tx_id     bigint primary key default nextval('ledger_numbers'),
  kind      text not null check (kind in ('deposit', 'withdrawal', 'allocate', 'return', 'fill', 'void', 'settle', 'correct')),
  ref       text not null check (ref <> ''),
  market_at timestamptz,
  booked_at timestamptz not null default clock_timestamp(),
  unique (kind, ref)
);
comment on table ledger_transactions is 'Fact. Why money moved; (kind, ref) makes a second booking of the same cause impossible.';

create table ledger_entries (
  tx_id   bigint not null references ledger_transactions (tx_id),
  line    smallint not null check (line > 0),
  account text not null check (account ~ '^(treasury|venue|fees|external|agent:[0-9]+)$'),
  asset   text not null check (asset = 'USD' or asset ~ '^[0-9]{1,78}$'),
  amount  numeric(20,6) not null check (amount <> 0),
  primary key (tx_id, line)
);
comment on table ledger_entries is 'Fact. Double entry: each transaction sums to zero per asset (checked at commit). The wallet at the venue holds '
  'treasury plus all agent accounts; venue is the counterparty of trades, fees what was paid, external the outside world.';
create index ledger_entries_account on ledger_entries (account, asset);

create table ledger_balances (
  account text not null,
  asset   text not null,
  balance numeric(20,6) not null default 0,
  primary key (account, asset)
);
comment on table ledger_balances is 'Rebuildable: the sums of ledger_entries, kept by its trigger; the auditor recomputes them.';

-- Judging, watching -------------------------------------------------------------------------------------------------------------

create table recommendations (
  id         bigint generated always as identity primary key,
  agent_id   bigint not null references agents (id),
  action     text not null check (action in ('RETIRE', 'CLONE', 'PAUSE', 'KEEP')),
  rule       text not null,
  evidence   jsonb not null,
  made_at    timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null default clock_timestamp() + interval '1 hour'
);
comment on table recommendations is 'Fact. The monitor''s advice with its evidence; what became of it is the verdict that names it.';
create index recommendations_agent on recommendations (agent_id, id);

create table verdicts (
  id                bigint generated always as identity primary key,
  agent_id          bigint not null references agents (id),
  verdict           text not null check (verdict in ('HIRE', 'START', 'PAUSE', 'QUARANTINE', 'RETIRE', 'CLONE', 'KEEP', 'RESIZE', 'DECLINE')),
  recommendation_id bigint unique references recommendations (id),
  made_by           text not null default session_user,
  reason            text not null default '',
  evidence          jsonb not null default '{}',
  at                timestamptz not null default clock_timestamp()
);
comment on table verdicts is 'Fact. Decisions about agents, at most one for each recommendation.';
create index verdicts_agent on verdicts (agent_id, id);

create table experiments (
  id         bigint generated always as identity primary key,
  name       text not null,
  parent_id  bigint not null references agents (id),
  child_id   bigint references agents (id),
  change     jsonb not null,
  event      text not null check (event in ('begun', 'won', 'lost', 'abandoned')),
  evidence   jsonb not null default '{}',
  at         timestamptz not null default clock_timestamp()
);
comment on table experiments is 'Fact. Each step of a comparison of a clone with its parent.';

create table findings (
  id       bigint generated always as identity primary key,
  run      bigint not null,
  code     text not null check (code ~ '^[a-z_]{1,60}$'),
  severity text not null check (severity in ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')),
  subject  text not null,
  expected text,
  found    text,
  detail   jsonb not null default '{}',
  at       timestamptz not null default clock_timestamp()
);
comment on table findings is 'Fact. What the auditor''s own computation found to differ.';
create index findings_at on findings (at desc);

create table system_events (
  id         bigint generated always as identity primary key,
  timestamp  timestamptz not null default clock_timestamp(),
  severity   text not null check (severity in ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')),
  component  text not null,
  event_type text not null,
  message    text not null,
  metadata   jsonb not null default '{}'
);
comment on table system_events is 'Fact. What happened to the floor, for people.';
create index system_events_timestamp on system_events (timestamp desc);
create index system_events_bad on system_events (timestamp desc) where severity in ('ERROR', 'CRITICAL');

create table performance_snapshots (
  id              bigint generated always as identity primary key,
  agent_id        bigint not null references agents (id),
  at              timestamptz not null default clock_timestamp(),
  window_start    timestamptz,
  trades          bigint not null,
  wins            bigint not null,
  win_rate        double precision,
  implied_win_rate double precision,
  pnl             numeric(20,6) not null,
  fees            numeric(20,6) not null,
  at_risk         numeric(20,6) not null,
  return_on_risk  double precision,
  sharpe          double precision,
  sharpe_period   text not null default '',
  max_drawdown    numeric(20,6) not null,
  detail          jsonb not null default '{}'
);
comment on table performance_snapshots is 'Fact. The monitor''s view of an agent at a moment; ratios are statistics, not money.';
create index performance_snapshots_agent on performance_snapshots (agent_id, at desc);

create table evidence (
  id        bigint generated always as identity primary key,
  kind      text not null check (kind in ('balance', 'positions', 'trades', 'open_orders')),
  body      jsonb not null,
  gateway_epoch bigint not null,
  market_at timestamptz,
  at        timestamptz not null default clock_timestamp()
);
comment on table evidence is 'Fact. What the venue answered, as the gateway read it, for the auditor to compare with the ledger.';
create index evidence_kind on evidence (kind, id desc);

create table offered_intents (
  id       bigint generated always as identity primary key,
  agent_id bigint not null references agents (id),
  body     jsonb not null,
  at       timestamptz not null default clock_timestamp(),
  taken_at timestamptz
);
comment on table offered_intents is 'State. Intents that agents hand over here while Redis is away.';
create index offered_intents_waiting on offered_intents (id) where taken_at is null;

create table audit_outbox (
  id    bigint generated always as identity primary key,
  at    timestamptz not null default clock_timestamp(),
  actor text not null default session_user,
  kind  text not null,
  body  jsonb not null
);
comment on table audit_outbox is 'Queue. Entries written in the transaction they describe; the auditor alone moves them into the chain.';

create table audit_log (
  seq       bigint primary key check (seq > 0),
  outbox_id bigint not null unique,
  at_text   text not null,
  actor     text not null,
  kind      text not null,
  body      text not null,
  prev      bytea not null check (length(prev) = 32),
  hash      bytea not null check (length(hash) = 32)
);
comment on table audit_log is 'Fact. hash = sha256(prev, then seq, outbox_id, at_text, actor, kind, body, each as its length in bytes, a colon and its '
  'bytes); the first prev is 32 zero bytes.';

create table market_ticks (
  at         timestamptz not null default clock_timestamp(),
  market_at  timestamptz not null,
  slug       text not null,
  token_id   text not null,
  bid        numeric(20,6),
  bid_size   numeric(20,6),
  ask        numeric(20,6),
  ask_size   numeric(20,6),
  last       numeric(20,6),
  feed_order bigint
) partition by range (at);
comment on table market_ticks is 'Fact, by UTC day of receipt. ensure_tick_partitions makes days ahead, drop_tick_partitions drops old ones.';
create table market_ticks_default partition of market_ticks default;
create index market_ticks_at on market_ticks using brin (at);
create index market_ticks_slug on market_ticks (slug, at);

reset role;
