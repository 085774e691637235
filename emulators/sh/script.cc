// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/script.h"

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

// The lines that it takes set the letters and functions of one run: see emulators/sh/command_text.h.
constexpr const char* kDriver = R"sh(
trap : INT
trap 'cd /; rm -rf "$D"; T 0 bye' EXIT
exec 2>>said
echo $$ >driver
(set +m) 2>/dev/null && set +m       # a child that leads a group already would be left alone by setsid, and its status be lost
S=$(command -v setsid); (exec ${S:-false} sh -c 'exit 7' </dev/null >/dev/null); [ $? = 7 ] || S=
[ -n "$S" ] || set -m
U=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_][A-Za-z0-9_]*\)=.*/\1/p')
X=
[ -z "$S" ] || [ "$(x=$(command -v env); cd /; unset $U PWD OLDPWD; XT=1; export XT; exec "$x")" != XT=1 ] || X=yes
H=$(cd -P /proc/self && echo "${PWD##*/}")
case $H in *[!0-9]*) H= ;; esac
E='od -An -v -tx1'; [ "$(echo xtest | base64)" = eHRlc3QK ] && [ "$(echo eHRlc3QK | base64 -d)" = xtest ] && E=base64
S() {
  y=0
  [ -s "$2" ] && y=$(($(wc -c <"$2")))
  [ "$y" = 0 ] && return
  if [ "$y" -le $((h + t)) ]; then P "$1" "$2" "$y" 0 "$y"; else P "$1" "$2" "$h" "$t" "$y"; fi
}
C() { times >tm; { read -r u; read -r u s; } <tm; }
W() {
  i=0
  while [ "$i" -lt "$2" ]; do
    sleep 1; i=$((i + 1))
    now
    [ "${x:-0}" -le "$1" ] || return
    [ "$x" = "$1" ] && [ -z "$p" ] && return
    K 0 $$ || break       # the driver has gone
  done
  echo "$1" >late
  K KILL "-$p" || K KILL "$p"
}
make_folders() {
  [ -z "$L" ] || rm -rf $L
  L= a=1 M=$f i=${f##*/} y=$((${f##*/} + 64))
  while i=$((i + 1)); [ "$i" -lt "$y" ]; do M="$M ${f%/*}/$i"; done
  mkdir $M 2>/dev/null || [ -d "$f" ] || mkdir "$f"
}
is_empty() {
  i=
  for x in "$f"/* "$f"/.*; do
    case $x in
      "$f"/.) i=yes ;;
      "$f"/..) ;;
      *) if [ -e "$x" ] || [ -h "$x" ]; then return 1; fi ;;
    esac
  done
  [ -n "$i" ] || { [ -d "$f" ] && [ -r "$f" ] && [ -x "$f" ]; }
}
R() {
  if [ "$r" = 1 ] && ! [ -d "$f" ] && ! make_folders; then
    read -r m <said; : >said
    T "$q" failed "${m:-cannot make $f}"
    return
  fi
  if [ "$a" != 0 ]; then C; T "$q" started "$u" "$s"; a=0; fi
  if [ "$l" != 0 ]; then a=1; W "$q" "$l" </dev/null >/dev/null 2>&1 & fi
  (
    exec </dev/null >out 2>err      # not at the closing bracket: mksh would put its own words there
    [ -z "$H" ] || { cd -P /proc/self; p=${PWD##*/}; }
    cd "$f" || exit 126
    if [ "${p:-$$}" = $$ ]; then
      environment program exec $S sh -c 'echo "$1 $$" >"$2/now"; shift 2; exec "$@"' sh "$q" "$A" env -i
    fi
    echo "$q $p" >"$A/now"
    [ -n "$X" ] && [ "$v" = 1 ] || environment program exec $S env -i
    unset $U PWD OLDPWD
    environment export
    program exec $S
  )
  e=$? m= n=0 g=- x= p= z=-
  [ ! -s said ] || { read -r m <said; : >said; }
  if [ "$e" -gt 256 ]; then n=$((e - 256)); elif [ "$e" -gt 128 ] && [ -n "$m" ]; then n=$((e - 128)); fi
  [ "$n" = 0 ] || g=$(kill -l "$n")
  read -r x p <now
  if [ "$x" != "$q" ] || [ -z "$p" ]; then
    m=${m:-no room for $A/now} p=
  elif K 0 "-$p"; then
    G left "$p"; K KILL "-$p"
  fi
  p=
  printf '%s\n%8192s\n' - . >>now || { m=${m:-there is no room left in $D}; : >said; }
  [ "$l" = 0 ] || { [ -s late ] && { read -r z <late; rm -f late; }; }
  [ "$n" != 0 ] || [ -z "$m" ] || T "$q" said "$m"
  C; o=0 y=0
  if [ -s out ] || [ -s err ]; then a=1; S out out; o=$y; S err err; fi
  [ -z "$w" ] || { a=1; V; }
  [ "$r" = 0 ] || if is_empty; then L="$L $f"; else a=1; rm -rf "$f" 2>/dev/null; fi
  T "$q" ended "$e" "$n" "$g" "$u" "$s" "$z" "$o" "$y"
}
O() {
  o=$1
  while case $o in */*) ;; *) false ;; esac; do o=${o%/*}; [ ! -h "./$o" ] || return 0; done
  return 1
}
M() {
  if [ "$i" -ge 64 ]; then m='there are more result files than may be'
  elif case $z in *[*?]*) ;; *) false ;; esac; then m='its name has characters with which it is not brought back'
  elif [ -h "./$z" ]; then m='it is a symbolic link'
  elif [ ! -f "./$z" ]; then m='it is no regular file'
  elif [ ! -r "./$z" ]; then m='it cannot be read'
  else
    y=$(($(wc -c <"./$z")))
    if [ "$y" -gt "$k" ]; then m='it is larger than a result file may be'
    elif [ "$y" -gt "$b" ]; then m='the result files together are larger than they may be'; fi
  fi
}
V() (
  [ ! -h "$f" ] && cd "$f" || exit 0
  i=0 v=
  set -f; set -- $w; set +f
  for w do
    for z in $w; do
      [ -e "./$z" ] || [ -h "./$z" ] || continue
      O "$z" && continue
      case $z in *[!A-Za-z0-9._+@=,/-]*) z=$w ;; esac
      case " $v " in *" $z "*) continue ;; esac
      v="$v $z"
      y=0 m= n=0
      M
      T "$q" file "$z"
      while [ -z "$m" ] && [ $((n * 32768)) -lt "$y" ]; do
        dd if="./$z" bs=32768 skip="$n" count=1 >"$A/piece" 2>/dev/null
        n=$((n + 1)) p=$(($(wc -c <"$A/piece")))
        [ "$p" -gt 0 ] || break
        P piece "$A/piece" "$p" 0 "$p"
      done
      [ -n "$m" ] || b=$((b - y))
      T "$q" brought "$y" "$m"
      i=$((i + 1))
      [ "$i" -le 64 ] || exit 0
    done
  done
)
B() {
  c=$(printf %s "$3" | Y)
  [ "${c%% *}" != "$4" ] || case $2 in
    base64) printf '%s\n' "$3" ;;
    octal) printf "$3" ;;
  esac >>text
  printf '%s\n' "$N = $1 ${c%% *}"
}
: >said
q=0 a=1 L= p=
T 0 ready "${S:--}" "$E"
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

std::string driver_script(const ShScriptFacts& facts) { return variables(facts) + kCommon + kSayBytes + kDriver; }

std::string line_driver_script(const std::string& nonce, const std::string& name, const std::string& wanted) {
  return wishes(nonce, name, wanted) + kSayLines + kPlace + kCommon + kDriver;
}

std::string loader_line(const std::string& nonce) {
  return "N=" + nonce + R"sh(; s=; if cksum </dev/null >/dev/null 2>&1; then Y() { cksum; }; else Y() { sha256sum; }; fi; )sh" +
         R"sh(T() { c=$(printf %s "$*" | Y); printf '%s\n' "$N ${c%% *} $*"; }; )sh" +
         R"sh(X() { s=$s$(printf "$2."); s=${s%.}; c=$(printf %s "$s" | Y); printf '%s\n' "$N = $1 ${c%% *}"; })sh" + "\n";
}

std::string guard_script(const ShScriptFacts& facts) { return variables(facts) + kCommon + kGuard; }

}  // namespace xtest
