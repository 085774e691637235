// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/script.h"

#include "emulators/sh/script_driver.h"
#include "runner/base/text.h"

namespace xtest {
namespace {

constexpr const char* kPlace = R"sh(
LC_ALL=C; export LC_ALL
D= Y='no folder can be made and programs be started in it'
for d in ${W:-"$TMPDIR" /tmp /var/tmp "$HOME"}; do
  case $d in /*) ;; *) continue ;; esac
  case $d in *[!A-Za-z0-9._/-]*) continue ;; esac
  F=${d%/}/$M
  m=$( (umask 077; mkdir "$F") 2>&1) || { Y="$m"; continue; }
  if printf '#!/bin/sh\nexit 0\n' >"$F/p" && chmod 700 "$F/p" && "$F/p"; then rm -f "$F/p"; D=$F; break; fi 2>/dev/null
  Y="no program can be started in $d"
  rm -rf "$F"
done
if [ -z "$D" ]; then      # it is up to the other side to end it
  T 0 why "$Y"
  while read -r x; do [ "$x" != 'exit 0' ] || exit 0; done
  exit 1
fi
T 0 folder "$D"
tar --help >/dev/null 2>&1 </dev/null; [ $? -ge 126 ] || T 0 tar yes
T 0 system "$(uname -srm)"
T 0 cores "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)"
T 0 elf $(od -An -v -tx1 -N20 "$(command -v sh)" 2>/dev/null)
)sh";

// G lists the living members of a process group where /proc has them; fails if there is none. The file `now` tells which run
// was the last to begin, with its group; a second line says that it has ended.
constexpr const char* kCommon = R"sh(
LC_ALL=C; export LC_ALL
A=$D/sh
mkdir -p "$A" "$D/runs" && cd "$A" || exit 1
if kill -s 0 -- $$ 2>/dev/null; then K() { kill -s "$1" -- "$2" 2>/dev/null; }; else K() { kill -"$1" "$2" 2>/dev/null; }; fi
G() {
  K 0 "-$2" || return 1
  if [ ! -r /proc/self/stat ]; then [ "$1" = - ] || T "$q" "$1" "$2" - - 'a process of its group'; return 0; fi
  G_none=1
  for G_at in /proc/[0-9]*; do
    { read -r G_stat <"$G_at/stat"; } 2>/dev/null || continue
    G_rest=${G_stat##*') '} G_name=${G_stat#*'('}; G_name=${G_name%')'*}
    set -- "$1" "$2" $G_rest
    [ "$5" = "$2" ] && [ "$3" != Z ] || continue
    G_none=0
    [ "$1" = - ] && break
    G_wchan=; { read -r G_wchan <"$G_at/wchan"; } 2>/dev/null
    T "$q" "$1" "${G_at#/proc/}" "$3" "${G_wchan:--}" "$G_name"
  done
  return $G_none
}
now() { x= p= z=; { read -r x p; read -r z; } <now; [ -z "$z" ] || p=; }
)sh";

constexpr const char* kSayBytes = R"sh(
T() { printf '%s\n' "$N $*"; }
case $(command -v printf) in /*) T() { case $* in *\\*) printf '%s\n' "$N $*" ;; *) echo "$N $*" ;; esac; } ;; esac     # mksh, posh
P() {
  T "$q" "$1" "$3" "$4" "$5"
  [ "$3" = 0 ] || dd if="$2" bs="$3" count=1 2>/dev/null
  [ "$4" = 0 ] || tail -c "$4" "$2"
}
)sh";

constexpr const char* kSayLines = R"sh(
if cksum </dev/null >/dev/null 2>&1; then Y() { cksum; }; else Y() { sha256sum; }; fi
T() { c=$(printf %s "$*" | Y); printf '%s\n' "$N ${c%% *} $*"; }
Q() { [ "$3" = 0 ] || dd if="$2" bs="$3" count=1 2>/dev/null; [ "$4" = 0 ] || tail -c "$4" "$2"; }
P() {
  Q "$@" | $E | sed "s/^/$N - /"
  c=$(Q "$@" | Y)
  T "$q" "$1" "$3" "$4" "$5" "${c%% *}"
}
)sh";

constexpr const char* kGuard = R"sh(
T() { printf '%s\n' "$N $*"; }
exec 2>/dev/null
k() {
  q=$1 i=0
  while now; [ "${x:-0}" -lt "$q" ] && [ "$i" -lt 30 ]; do i=$((i + 1)); sleep 0.1 || sleep 1; done      # it has not begun
  if [ "$x" != "$q" ] || [ -z "$p" ]; then T "$q" killed none; return; fi
  G at "$p"
  i=0
  while K KILL "-$p" || K KILL "$p"; do
    G - "$p" || break
    [ "$i" -lt 50 ] || { T "$q" killed left; return; }
    i=$((i + 1)); sleep 0.1 || sleep 1
  done
  T "$q" killed gone
}
Z() {
  trap '' EXIT HUP INT TERM PIPE
  read -r d <driver && K KILL "$d"
  now
  [ -z "$p" ] || K KILL "-$p" || K KILL "$p"
  cd /
  rm -rf "$D" || { sleep 1; rm -rf "$D"; }
}
trap Z EXIT
trap exit HUP INT TERM PIPE
q=0
T 0 guards
)sh";

std::string variables(const ShScriptFacts& facts) { return "N=" + facts.nonce + " D=" + sh_quote(facts.folder) + "\n"; }
std::string wishes(const std::string& nonce, const std::string& name, const std::string& wanted) {
  return "N=" + nonce + " M=" + name + " W=" + sh_quote(wanted) + "\n";
}

}  // namespace

std::string place_script(const std::string& nonce, const std::string& name, const std::string& wanted) {
  return wishes(nonce, name, wanted) + kSayBytes + kPlace;
}

std::string driver_script(const ShScriptFacts& facts) { return variables(facts) + kCommon + kSayBytes + driver_text(); }

std::string line_driver_script(const std::string& nonce, const std::string& name, const std::string& wanted) {
  return wishes(nonce, name, wanted) + kSayLines + kPlace + kCommon + driver_text();
}

std::string loader_line(const std::string& nonce) {
  return "N=" + nonce + R"sh(; s=; if cksum </dev/null >/dev/null 2>&1; then Y() { cksum; }; else Y() { sha256sum; }; fi; )sh" +
         R"sh(T() { c=$(printf %s "$*" | Y); printf '%s\n' "$N ${c%% *} $*"; }; )sh" +
         R"sh(X() { s=$s$(printf "$2."); s=${s%.}; c=$(printf %s "$s" | Y); printf '%s\n' "$N = $1 ${c%% *}"; })sh" + "\n";
}

std::string guard_script(const ShScriptFacts& facts) { return variables(facts) + kCommon + kGuard; }

}  // namespace xtest
