# Private PostgreSQL and Redis of one floor. Sourced; no side effects on sourcing. Every function takes the state directory (data,
# configuration, logs) and the run directory (sockets; short, 0700) of the instance.
# shellcheck shell=bash
#
#   secrets_make STATE                          STATE/etc/secrets.yaml, 0600: database_<role> and bus_<role> passwords, made once
#   server_user_default                         the account the servers run as when the caller is root (otherwise: the caller)
#   pg_init STATE RUN USER OPERATOR…            cluster and configuration; USER runs the server, OPERATORs become floor_operator
#   pg_command STATE RUN                        prints the foreground command line, for supervisord
#   pg_start STATE RUN USER / pg_stop STATE USER
#   pg_wait RUN [SECONDS]                       until the server answers
#   redis_init STATE RUN USER [INSTANCE]        configuration and ACL file
#   redis_command STATE RUN / redis_start STATE RUN USER / redis_stop STATE / redis_wait RUN [SECONDS]
#
# Peer authentication by the system's account: USER and root are the superuser (role floor_admin), each OPERATOR is floor_operator.
# The floor's roles come in by password only. Neither server listens on the network.

PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}
SERVERS_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
DATABASE_ROLES=(floor_boss floor_gateway floor_feed floor_auditor floor_monitor floor_web floor_operator)
BUS_ROLES=(boss feed agent gateway auditor monitor web operator)

run_as() { # run_as USER CMD…: as that account when we are root, else as ourselves
  local user=$1
  shift
  if [ "$(id -u)" = 0 ] && [ "$user" != root ]; then
    setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"
  else "$@"; fi
}

server_user_default() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

secrets_make() {
  local file=$1/etc/secrets.yaml role
  mkdir -p "$1/etc"
  [ -s "$file" ] && return
  local old
  old=$(umask)
  umask 077
  {
    echo "# Passwords of this floor's roles. Made once; readable by its owner only. Remove it and initialise again to change them."
    for role in "${DATABASE_ROLES[@]}" $(seq -f 'floor_agent_%02g' 1 32); do echo "database_$role: $(head -c 24 /dev/urandom | base64 -w0 | tr '+/' 'ab')"; done
    for role in "${BUS_ROLES[@]}"; do echo "bus_$role: $(head -c 24 /dev/urandom | base64 -w0 | tr '+/' 'ab')"; done
  } >"$file.new"
  mv "$file.new" "$file"
  umask "$old"
}


pg_init() {
  local state=$1 run=$2 user=$3
  shift 3
  local data=$state/pg
  mkdir -p "$state/log" "$data" "$run"
  chmod 700 "$data"
  if [ "$(id -u)" = 0 ]; then chown "$user" "$data"; fi
  if [ ! -s "$data/PG_VERSION" ]; then
    (cd / && run_as "$user" "$PG_BIN/initdb" -D "$data" -U floor_admin --auth=reject --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
      ${SERVERS_FAST_INIT:+--no-sync} >/dev/null)
  fi
  {
    echo "# Written by scripts/lib/servers.sh at each start."
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$run'"
    echo "unix_socket_permissions = 0777" # the directory is what keeps others out
    echo "password_encryption = 'scram-sha-256'"
    echo "max_connections = 80"
    echo "superuser_reserved_connections = 5"
    echo "shared_buffers = '${PG_SHARED_BUFFERS:-64MB}'"
    echo "synchronous_commit = on"
    echo "wal_compression = on"
    echo "max_wal_size = '512MB'"
    echo "log_destination = 'stderr'"
    echo "log_line_prefix = '%m [%p] %q%u@%d '"
    echo "log_min_duration_statement = '500ms'"
    echo "log_timezone = 'UTC'"
    echo "timezone = 'UTC'"
    echo "idle_in_transaction_session_timeout = '30s'"
    printf '%s\n' "${PG_EXTRA_SETTINGS:-}"
  } | as_file_of "$user" "$data/floor.conf"
  grep -q "include_if_exists = 'floor.conf'" "$data/postgresql.conf" ||
    echo "include_if_exists = 'floor.conf'" | run_as "$user" tee -a "$data/postgresql.conf" >/dev/null
  printf '%s\n' '# TYPE DATABASE USER ADDRESS METHOD' 'local all floor_admin peer map=floor' 'local all floor_operator peer map=floor' \
    'local all all scram-sha-256' | as_file_of "$user" "$data/pg_hba.conf"
  {
    printf 'floor %s floor_admin\n' "$user"
    [ "$user" = root ] || echo 'floor root floor_admin'
    local operator
    for operator in "$@"; do printf 'floor "%s" floor_operator\n' "$operator"; done
  } | as_file_of "$user" "$data/pg_ident.conf"
}

as_file_of() { # as_file_of USER FILE: standard input becomes that account's file, 0600, replaced in one step
  run_as "$1" sh -c 'umask 077; cat >"$1.new" && mv "$1.new" "$1"' sh "$2"
}

pg_command() { printf '%s/postgres -D %s\n' "$PG_BIN" "$1/pg"; }

pg_start() {
  local state=$1 run=$2 user=$3
  (cd / && run_as "$user" "$PG_BIN/pg_ctl" -D "$state/pg" -l "$state/pg/server.log" -w -t 60 start >/dev/null) || {
    tail -20 "$state/pg/server.log" >&2
    return 1
  }
  pg_wait "$run" 10
}

pg_stop() { # pg_stop STATE USER [MODE]: fast ends sessions and writes a checkpoint; immediate is a crash, and nothing committed is lost either
  [ -s "$1/pg/postmaster.pid" ] || return 0
  (cd / && run_as "$2" "$PG_BIN/pg_ctl" -D "$1/pg" -m "${3:-fast}" -w -t 60 stop >/dev/null)
}

pg_wait() {
  local deadline=$((SECONDS + ${2:-30}))
  until "$PG_BIN/pg_isready" -q -h "$1"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.05
  done
}

redis_init() {
  local state=$1 run=$2 user=$3 instance=${4:-floor}
  mkdir -p "$state/redis" "$state/log" "$run"
  chmod 700 "$state/redis"
  if [ "$(id -u)" = 0 ]; then chown "$user" "$state/redis"; fi
  "$SERVERS_LIB/redis-acl" "$state/etc/secrets.yaml" "$instance" | as_file_of "$user" "$state/redis/users.acl"
  {
    echo "# Written by scripts/lib/servers.sh at each start. What Redis holds may be lost: nothing is saved."
    echo "port 0"
    echo "unixsocket $run/redis.sock"
    echo "unixsocketperm 777" # the directory is what keeps others out
    echo "dir $state/redis"
    echo "daemonize no"
    echo 'save ""'
    echo "appendonly no"
    echo "maxmemory ${REDIS_MAXMEMORY:-64mb}"
    echo "maxmemory-policy noeviction"
    echo "client-output-buffer-limit pubsub 32mb 8mb 60"
    echo "aclfile $state/redis/users.acl"
    echo "logfile $state/redis/server.log"
    echo "loglevel notice"
    echo "latency-tracking no"
    echo "databases 1"
  } | as_file_of "$user" "$state/redis/redis.conf"
}

redis_command() { printf "redis-server %s/redis/redis.conf --logfile ''\n" "$1"; } # its words go to supervisord, which rotates them

redis_start() {
  local state=$1 run=$2 user=$3
  (cd / && exec </dev/null >/dev/null 2>&1 && run_as "$user" setsid --fork redis-server "$state/redis/redis.conf" --daemonize no \
    --pidfile "$state/redis/redis.pid")
  redis_wait "$run" 10 || {
    tail -20 "$state/redis/server.log" >&2
    return 1
  }
}

redis_wait() {
  local deadline=$((SECONDS + ${2:-30}))
  until [ "$(redis-cli -s "$1/redis.sock" ping 2>/dev/null)" = PONG ]; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.02
  done
}

redis_stop() {
  local pid deadline=$((SECONDS + 2))
  [ -s "$1/redis/redis.pid" ] || return 0
  pid=$(cat "$1/redis/redis.pid")
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = redis-server ] || return 0
  kill -TERM "$pid"
  while [ -d "/proc/$pid" ] && [ $SECONDS -lt $deadline ]; do sleep 0.02; done
  # Started from a thread that blocks signals, it inherited the mask and hears no TERM. It has nothing to save.
  [ ! -d "/proc/$pid" ] || kill -KILL "$pid"
}
