# Sourced after common.sh, instance.sh and servers.sh: the private set-up of one instance under one supervisord of its own.
# shellcheck shell=bash

render_supervisor() { # render_supervisor SIM_COMMAND BOSS_COMMAND SIM_AUTOSTART(true|false) STOP_WAIT: writes STATE/etc/supervisor.conf
  local postgres_user='' floor_user='' supervisor_user=''
  if [ "$(id -u)" = 0 ]; then
    supervisor_user='user=root'
    postgres_user="user=$PG_USER"
    floor_user="user=$FLOOR_USER"
  fi
  local text
  text=$(<"$ROOT/config/supervisor/private.conf.in")
  local pair
  for pair in "RUN=$RUN" "STATE=$STATE" "INSTANCE=$INSTANCE" "SUPERVISOR_USER=$supervisor_user" "POSTGRES_USER=$postgres_user" \
    "FLOOR_USER=$floor_user" "POSTGRES=$(pg_command "$STATE" "$PG_RUN")" "REDIS=$(redis_command "$STATE" "$RUN")" \
    "SIM_VENUE=${1//%/%%}" "FLOOR_BOSS=${2//%/%%}" "SIM_AUTOSTART=$3" "STOP_WAIT=$4"; do
    text=${text//@${pair%%=*}@/${pair#*=}}
  done
  printf '%s\n' "$text" >"$STATE/etc/supervisor.conf.new"
  mv "$STATE/etc/supervisor.conf.new" "$STATE/etc/supervisor.conf"
}

settings_from_environment() { # settings_from_environment EFFECTIVE: KEY=VALUE of what floor-boss --check took from variables FLOOR_…
  sed -n 's/^\([a-z_.]*\) = \(.*\)  # environment, .*/\1=\2/p' <<<"$1" | sed 's/, /,/g'
}

stop_wait() { # stop_wait EFFECTIVE: seconds that supervisord gives the floor, from what floor-boss --check printed: five more than its own limit
  local own
  own=$(sed -n 's/^supervision\.stop_within_s = \([0-9]*\) .*/\1/p' <<<"$1")
  [ -n "$own" ] || die "floor-boss --check does not tell supervision.stop_within_s" "build again: scripts and programs do not fit together" 70
  echo $((own + 5))
}

ctl() { supervisorctl -c "$STATE/etc/supervisor.conf" "$@"; }

supervisor_pid() { # prints the pid of this instance's supervisord when it lives
  local pid
  pid=$(cat "$RUN/supervisord.pid" 2>/dev/null) || return 1
  grep -qa "$STATE/etc/supervisor.conf" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

supervisor_start() { # starts it, or makes the running one read the new file (programs that did not change keep running)
  if supervisor_pid >/dev/null; then
    ctl reread >/dev/null
    ctl update >/dev/null
  else
    rm -f "$RUN/supervisord.pid" "$RUN/supervisor.sock"
    (
      cd "$STATE"
      # What the boss is told stands on its command line; variables of this call must not come back at a later start.
      local name
      for name in $(compgen -e FLOOR_); do unset "$name"; done
      supervisord -c "$STATE/etc/supervisor.conf" </dev/null
    )
  fi
}

supervisor_stop() { # everything in order: the floor first, then sim-venue, then the servers
  local pid deadline
  pid=$(supervisor_pid) || return 0
  # Returns when the floor has stopped, or when supervisord has lost patience with it.
  ctl stop floor >/dev/null || true
  ctl shutdown >/dev/null || true
  deadline=$((SECONDS + 90))
  while [ -d "/proc/$pid" ]; do
    [ $SECONDS -lt $deadline ] || die "supervisord (pid $pid) does not end" "read $STATE/log/supervisord.log"
    sleep 0.1
  done
}

floor_sweep() { # ends what a killed boss left running; leaves a floor alone whose boss is at work
  [ -x "$BIN/floor-boss" ] && [ -d "$RUN" ] || return 0
  as_floor "$BIN/floor-boss" --sweep --state "$STATE" --run "$RUN" --instance "$INSTANCE" ||
    note "something of the floor may still run: see above; the desk ends by itself after a minute without a boss"
}

wait_until() { # wait_until SECONDS WHAT CMD…: polls with a deadline
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.2
  done
}

write_env() { # STATE/env: sourced, it makes plain psql, redis-cli, supervisorctl and floor reach this instance
  cat >"$STATE/env.new" <<ENV
# . $LINK/env   makes psql, redis-cli, supervisorctl and floor reach the instance '$INSTANCE'
export FLOOR_STATE='$STATE' FLOOR_RUN='$RUN' FLOOR_INSTANCE='$INSTANCE'
export PGHOST='$PG_RUN' PGDATABASE='polybot' PGUSER='$1'
export PATH='$BIN':"\$PATH"
redis-cli() { command redis-cli -s '$RUN/redis.sock' "\$@"; }
supervisorctl() { command supervisorctl -c '$STATE/etc/supervisor.conf' "\$@"; }
ENV
  mv "$STATE/env.new" "$STATE/env"
  chmod 644 "$STATE/env"
}

json_text() { # json_text TEXT: as a JSON string
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

write_instance() { # write_instance KEY=VALUE…: STATE/etc/instance.json: how the floor command finds everything, and what the boss was told
  local settings='' pair
  for pair in "$@"; do settings+="${settings:+,}$(json_text "$pair")"; done
  printf '{"instance":"%s","state":%s,"run":"%s","postgres_host":"%s","postgres_port":5432,"database":"polybot","redis_socket":"%s","config":%s,"settings":[%s]}\n' \
    "$INSTANCE" "$(json_text "$STATE")" "$RUN" "$PG_RUN" "$RUN/redis.sock" "$(json_text "$STATE/share/config/floor.yaml")" "$settings" \
    >"$STATE/etc/instance.json.new"
  mv "$STATE/etc/instance.json.new" "$STATE/etc/instance.json"
}
