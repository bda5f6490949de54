-- What an agent shows of itself: today's profit, from the view that everybody else reads, and nothing about other agents.
set local role floor_owner;

create function my_day_pnl() returns numeric
language sql stable security definer set search_path = public, pg_temp as
  'select realized from agent_day_pnl where agent_id = current_agent_id()';
comment on function my_day_pnl is 'Realised since 00:00 UTC by the agent whose login role asks; null for anybody else.';

grant execute on function my_day_pnl() to floor_agents;

reset role;
