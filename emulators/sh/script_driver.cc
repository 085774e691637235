// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/script_driver.h"

namespace xtest {
namespace {

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
C() {
  { echo 'u="'; times; echo '"; return'; } 1<>tm
  . ./tm
  set -- $u
  u=$3 s=$4
}
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
room() { printf '%s\n%4096s\n' - .; }
case $(command -v printf) in /*)
  B=' '; while [ ${#B} -lt 4096 ]; do B=$B$B; done
  room() { echo -; echo "$B"; } ;;
esac
make_folders() {
  case $L in ?*) rmdir $L 2>/dev/null || rm -rf $L ;; esac
  L= a=1 M=$f i=${f##*/} y=$((${f##*/} + 64))
  while i=$((i + 1)); [ "$i" -lt "$y" ]; do M="$M ${f%/*}/$i"; done
  mkdir $M 2>/dev/null || [ -d "$f" ] || mkdir "$f"
}
is_empty() {
  cd "$f" || return 1
  set -- .* *
  case $#:$3 in
    3:'*') [ ! -e '*' ] && [ ! -h '*' ] ;;      # besides . and .. nothing was there
    *) [ -r . ] && is_none "$@" ;;
  esac
  set -- $?
  cd "$A" && return $1
}
is_none() {
  for x do
    case $x in . | ..) continue ;; esac
    if [ -e "$x" ] || [ -h "$x" ]; then return 1; fi
  done
}
become() {
  case $X$v in yes1) ;; *) environment program exec $S env -i ;; esac
  unset $U PWD OLDPWD
  environment export
  program exec $S
}
how_it_died() {
  if [ "$e" -gt 256 ]; then n=$((e - 256)); elif [ "$e" -gt 128 ] && [ -n "$m" ]; then n=$((e - 128)); fi
  [ "$n" = 0 ] || g=$(kill -l "$n")
}
R() {
  case $r in 1)
    if ! [ -d "$f" ] && ! make_folders; then
      read -r m <said; : >said
      T "$q" failed "${m:-cannot make $f}"
      return
    fi ;;
  esac
  case $a in 1) C; T "$q" started "$u" "$s"; a=0 ;; esac
  case $l in 0) ;; *) a=1; W "$q" "$l" </dev/null >/dev/null 2>&1 & ;; esac
  p=
  (
    exec </dev/null >out 2>err      # not at the closing bracket: mksh would put its own words there
    case $H in ?*) cd -P /proc/self; p=${PWD##*/} ;; esac
    cd "$f" || exit 126
    case ${p:-$$} in $$)
      environment program exec $S sh -c 'echo "$1 $$" >"$2/now"; shift 2; exec "$@"' sh "$q" "$A" env -i ;;
    esac
    echo "$q $p" >"$A/now"
    become
  )
  e=$? m= n=0 g=- z=- o=0 y=0
  if [ -s said ]; then read -r m <said; : >said; fi
  case $e in 0) ;; *) how_it_died ;; esac
  read -r x p <now
  case $x:$p in
    "$q":?*) if K 0 "-$p"; then G left "$p"; K KILL "-$p"; fi ;;
    *) m=${m:-no room for $A/now} ;;
  esac
  room >>now || { m=${m:-there is no room left in $D}; : >said; }
  case $l in 0) ;; *) if [ -s late ]; then read -r z <late; rm -f late; fi ;; esac
  case $m in ?*) [ "$n" != 0 ] || T "$q" said "$m" ;; esac
  C
  if [ -s out ] || [ -s err ]; then a=1; S out out; o=$y; S err err; fi
  case $w in ?*) a=1; V ;; esac
  case $r in 1) if is_empty; then L="$L $f"; else a=1; rm -rf "$f"; : >said; fi ;; esac
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
q=0 a=1 L=
echo 0 >now
C
T 0 ready "${S:--}" "$E"
)sh";

}  // namespace

const char* driver_text() { return kDriver; }

}  // namespace xtest
