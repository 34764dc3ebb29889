#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command beside a PostgreSQL server of its own, that ends with it:
#   with_postgres.sh COMMAND [ARGUMENT…]
# The command finds the server's address in TESSERA_TEST_DATABASE and, to take the server away for a moment,
# its process file in TESSERA_TEST_POSTMASTER: whoever signals that process gets a new server soon
# after. Exit status 77 when PostgreSQL is not here.
limit=240 # seconds; then the server ends by itself

for folder in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin; do
	[ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && bin=$folder
done
if [ -z "${bin:-}" ]; then
	echo "skipped: PostgreSQL is not here (initdb, postgres)"
	exit 77
fi
dir=$(mktemp -d /tmp/tessera_pg_XXXXXX) || exit 1
as= # initdb and postgres refuse to be root
if [ "$(id -u)" = 0 ]; then
	as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
	chown nobody:nogroup "$dir" || exit 1
fi
chmod 755 "$dir"

keep_running() {
	until [ -e "$dir/end" ]; do
		# shellcheck disable=SC2086 # a list of words
		(cd "$dir" && exec timeout -s INT -k 5 "$limit" $as "$bin/postgres" -D "$dir/data" -k "$dir" \
			-c listen_addresses= -c fsync=off -c max_connections=40 -c shared_buffers=32MB \
			-c log_min_messages=error) >>"$dir/log" 2>&1 &
		server=$!
		wait "$server" || [ $? != 124 ] || return
	done
}

finish() {
	touch "$dir/end"
	[ ! -s "$dir/data/postmaster.pid" ] || kill -QUIT "$(head -1 "$dir/data/postmaster.pid")" 2>/dev/null
	[ -z "${keeper:-}" ] || wait "$keeper" 2>/dev/null
	rm -rf "$dir"
}

trap finish EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2086
if ! (cd "$dir" && $as "$bin/initdb" -D "$dir/data" -U tessera -A trust -E UTF8 --locale=C --no-sync \
	--no-instructions) >"$dir/initdb" 2>&1; then
	echo "skipped: initdb cannot make a cluster here: $(tail -1 "$dir/initdb")"
	exit 77
fi
keep_running &
keeper=$!
tries=0
until "$bin/pg_isready" -q -h "$dir" -U tessera -d postgres; do
	tries=$((tries + 1))
	if [ "$tries" = 100 ]; then
		echo "the server does not answer:" >&2
		tail -5 "$dir/log" >&2
		exit 1
	fi
	sleep 0.1
done
export TESSERA_TEST_POSTMASTER="$dir/data/postmaster.pid"
export TESSERA_TEST_DATABASE="postgresql://tessera@/postgres?host=$dir"
"$@"
