# Sourced after common.sh: where an instance of the floor lives and who owns it. No side effects on sourcing.
# shellcheck shell=bash
#
# An ordinary user keeps everything in <clone>/var and runs everything himself (if the clone's path has a blank or the like, which the
# servers' files cannot name, in ~/.local/share/polyfloor/<instance>-<hash>, with <clone>/var as a link to it). Started by root, the floor runs as the system user
# polyfloor and PostgreSQL as postgres; because those users may not be able to enter the clone, the state then lives in
# /var/lib/polyfloor/<instance>-<hash of the clone's path> and <clone>/var is a link to it. Programs, migrations and configuration are
# copied into the state directory, so a rebuild or a `git pull` never changes a running floor.

plain_path() { [[ $1 =~ ^[A-Za-z0-9/._+@-]*$ ]]; } # plain_path PATH: can it stand unquoted in the servers' files?

instance_paths() { # instance_paths NAME: sets the variables below, creates nothing
  INSTANCE=$1
  [[ $INSTANCE =~ ^[a-z0-9-]{1,20}$ ]] || die "instance name '$INSTANCE' is not [a-z0-9-]{1,20}" "choose another --instance" 64
  local hash
  hash=$(printf '%s\n%s\n' "$ROOT" "$INSTANCE" | sha256sum | cut -c1-8)
  if [ "$(id -u)" = 0 ]; then
    FLOOR_USER=polyfloor
    PG_USER=postgres
    STATE=/var/lib/polyfloor/$INSTANCE-$hash
  else
    FLOOR_USER=$(id -un)
    PG_USER=$FLOOR_USER
    STATE=$ROOT/var
    [ "$INSTANCE" = floor ] || STATE=$ROOT/var-$INSTANCE
    if ! plain_path "$ROOT"; then
      STATE=${XDG_DATA_HOME:-$HOME/.local/share}/polyfloor/$INSTANCE-$hash
      plain_path "$STATE" || die "neither $ROOT nor $STATE is a path of letters, digits and ._+@-" "set XDG_DATA_HOME to one that is"
    fi
  fi
  # Sockets: at most 107 bytes of path whatever the depth of the clone, so not below it.
  RUN=/tmp/pf-$hash
  PG_RUN=$RUN-pg
  LINK=$ROOT/var
  [ "$INSTANCE" = floor ] || LINK=$ROOT/var-$INSTANCE
  BIN=$STATE/bin
}

own_directory() { # own_directory PATH USER MODE: makes it, or checks that it is ours (another user could have made it first)
  if [ -L "$1" ]; then die "$1 is a symbolic link" "remove it: someone else may have put it there"; fi
  if [ ! -d "$1" ]; then mkdir -m "$3" "$1"; [ "$(id -u)" = 0 ] && chown "$2:$2" "$1"; fi
  [ "$(stat -c %U "$1")" = "$2" ] || die "$1 belongs to $(stat -c %U "$1"), not to $2" "remove it or choose another --instance"
  chmod "$3" "$1"
}

instance_create() { # users and directories; harmless when they are there
  if [ "$(id -u)" = 0 ]; then
    if ! id polyfloor >/dev/null 2>&1; then
      say "Making the system user polyfloor"
      useradd --system --user-group --home-dir /var/lib/polyfloor --shell /usr/sbin/nologin polyfloor
    fi
    mkdir -p /var/lib/polyfloor
    chmod 711 /var/lib/polyfloor
  fi
  if [ "$LINK" != "$STATE" ]; then
    mkdir -p "$(dirname "$STATE")"
    if [ -e "$LINK" ] && [ ! -L "$LINK" ]; then
      die "$LINK is there and is no link" "it may be an ordinary user's floor: stop that one and move it away"
    fi
    ln -sfn "$STATE" "$LINK"
  fi
  # The state directory may be entered by PostgreSQL's user, which owns pg/; everything that matters in it is 0700.
  own_directory "$STATE" "$FLOOR_USER" 711
  local name
  for name in etc log checkpoints journal recordings venue redis bin share backups; do
    own_directory "$STATE/$name" "$FLOOR_USER" 700
  done
  chmod 755 "$STATE/bin" "$STATE/share"
  own_directory "$STATE/pg" "$PG_USER" 700
  own_directory "$RUN" "$FLOOR_USER" 700
  # PostgreSQL's socket has a directory of its own: its user makes it, every role authenticates.
  own_directory "$PG_RUN" "$PG_USER" 755
}

as_floor() { # as_floor CMD…: as the user the floor runs as
  if [ "$(id -un)" = "$FLOOR_USER" ]; then "$@"; else setpriv --reuid="$FLOOR_USER" --regid="$FLOOR_USER" --init-groups -- "$@"; fi
}

as_postgres() {
  if [ "$(id -un)" = "$PG_USER" ]; then "$@"; else setpriv --reuid="$PG_USER" --regid="$PG_USER" --init-groups -- "$@"; fi
}

install_programs() { # install_programs BUILD_DIR: atomically, so that a running program keeps its file
  local name
  for name in floor-boss market-feed trader-agent order-gateway auditor perf-monitor floor-web sim-venue floor; do
    install -m 755 "$1/$name" "$BIN/.$name.new"
    mv -f "$BIN/.$name.new" "$BIN/$name"
  done
  rm -rf "$STATE/share/sql" "$STATE/share/config"
  cp -r "$ROOT/sql" "$ROOT/config" "$STATE/share/"
  chmod -R a+rX "$STATE/share"
}

selection_options() { # selection_options FOLDER: options of scripts/run, one a line, with which agents are judged within a minute
  local files=("$1"/*.jsonl.gz)
  printf '%s\n' --agents "$ROOT/config/selection/agents" \
    --venue-arguments "--source replay ${files[*]} --speed 10 --taker-hold-ms 10 --paused" \
    --set market.series=btc-15m,eth-15m --set judging.every_s=1 --set judging.trades_min_count=5 \
    --set orders.hold_to_settlement_s=0
}
