-- Roles. One login role a process, a pool of login roles for agents, two group roles, and an owner that cannot log in.
-- Passwords are set outside the migrations (the migrator's `--set-passwords`), so this text holds no secret. Roles belong to
-- the server, not to the database: one floor a server.

set local client_min_messages = warning;

do $$
declare
  v_name text;
begin
  foreach v_name in array array['floor_owner', 'floor_readers', 'floor_agents'] loop
    if not exists (select from pg_roles where rolname = v_name) then
      execute format('create role %I nologin noinherit', v_name);
    end if;
  end loop;
  foreach v_name in array array['floor_boss', 'floor_gateway', 'floor_feed', 'floor_auditor', 'floor_monitor', 'floor_web',
                                'floor_operator'] loop
    if not exists (select from pg_roles where rolname = v_name) then
      execute format('create role %I login inherit nosuperuser nocreatedb nocreaterole noreplication', v_name);
    end if;
    execute format('grant floor_readers to %I', v_name);
  end loop;
  for i in 1..32 loop
    v_name := format('floor_agent_%s', lpad(i::text, 2, '0'));
    if not exists (select from pg_roles where rolname = v_name) then
      execute format('create role %I login inherit nosuperuser nocreatedb nocreaterole noreplication', v_name);
    end if;
    execute format('grant floor_agents to %I', v_name);
  end loop;
  execute format('grant floor_owner to %I', current_user);
  execute format('grant connect on database %I to floor_readers, floor_agents', current_database());
  execute format('revoke temporary, create on database %I from public', current_database());
end
$$;

alter schema public owner to floor_owner;
revoke all on schema public from public;
grant usage on schema public to floor_readers, floor_agents;
