-- A decision has a name: agent, epoch and its number within the epoch. An agent that does not know whether a row arrived writes it again.
-- `feed_boot` says in which life of the feed `feed_order` counts. Rows of earlier versions have neither.
set local role floor_owner;

alter table decisions add column number bigint check (number > 0), add column feed_boot text;
create unique index decisions_number on decisions (agent_id, epoch, number);
comment on table decisions is 'Fact. An agent''s signals, and its refusals as changes with a count, not one row a tick; (agent_id, epoch, number) '
  'names one. (feed_boot, feed_order, event_cursor, market_ns) make a day replayable.';

-- What the venue answered about money comes twice a minute: it ages like other history, except the highest and the last word of each day.
drop trigger facts_stay on evidence;
create trigger facts_stay before update on evidence for each row execute function forbid_change();

create or replace function purge_history(p_keep interval) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_rows bigint;
  v_total bigint := 0;
begin
  delete from decisions where at < clock_timestamp() - p_keep;
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
comment on function purge_history is 'Ages out decisions, events below ERROR, snapshots, old commands and the venue''s repeated answers. Money, orders, '
  'verdicts and the audit chain are never aged out.';

reset role;
