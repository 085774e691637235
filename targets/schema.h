// SPDX-License-Identifier: Apache-2.0
// The keys of a target file, read onto what `extends:` brought in.
//
//   triple title aliases        identity, never inherited
//   extends                     another target, or a base `_name`; read by load.h
//   arch features links         features: a list replaces; a list of +word and -word only changes what was inherited
//   compilers.LANG              c cxx go rust: {try, flags, links: {KIND: flags}, env, dumpmachine, triple, absent}
//   packages.DISTRIBUTION.HOST  debian: {amd64 | arm64 | "*": {ROLE: packages}}; roles: c cxx go executor:NAME
//                               private:rust
//   executors                   a list of {name, settings}, preferred first
//   files                       what its files must look like, the keys of suites/inspect/expectation.h
//
// Maps merge key by key, lists and scalars replace. Settings of the executors:
//   host       machines ("x86_64 i686": values of uname -m that run it), overlay
//   qemu-user  programs (names to try), magic, mask (as binfmt_misc wants them), sysroot, overlay
//   wine       machines, programs (names to try), dll_path (folders, may be globs, where a dynamic program finds its
//              DLLs)
// Several values in one setting are separated by spaces; overlay is FOLDER:ONTO, the target's libraries over the
// host's. Pure apart from the file it is given; any thread.
#pragma once

#include "runner/base/yaml.h"
#include "targets/target.h"

#include <optional>
#include <string>

namespace xtest {

// `base`: a file that only serves `extends:`, without triple, title and aliases.
void read_target(const YamlNode& file, bool base, Target& onto);

// What must hold once everything inherited is there: required keys, link kinds that exist, derived features.
// `where`: its file.
void complete_target(const Position& where, Target& target);

}  // namespace xtest
