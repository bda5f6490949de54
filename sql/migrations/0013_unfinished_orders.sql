-- What was begun is finished, and who waits for it is told.
set local role floor_owner;

-- A retirement goes at the pace of its positions, which may be longer than advice stays valid: begun, it is followed to its end.
create or replace view waiting_recommendations as
  select r.*, a.name as agent from recommendations r join agents a on a.id = r.agent_id
   where (r.expires_at > clock_timestamp() or (r.action = 'RETIRE' and a.status = 'DRAINING'))
     and not exists (select from verdicts v where v.recommendation_id = r.id);

create function commands_ended() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform pg_notify('floor_commands_ended', new.id::text);
  return null;
end
$$;
create trigger ended after update on commands for each row when (new.state in ('DONE', 'FAILED', 'EXPIRED') and old.state <> new.state)
  execute function commands_ended();

reset role;
