// SPDX-License-Identifier: Apache-2.0
// How one program is built: from sources, a language, a link kind and flags to the build jobs that make it.
//
// C and C++: one command for a single source, otherwise a compile a source and a link; headers come from a depfile.
// Each shared library is one command more, before them: it lies beside the program, which finds it there by its own
// place, is linked with it if it uses it, and may load it at run time if not. Go: one `go build`, after its sources
// were brought together in one folder. Rust: one rustc with dep-info. Everything an artifact consists of is derived
// from its description, so two units that describe the same artifact get *equal* jobs and the engine performs them
// once; its files lie in `folder`, which must be stable over runs below the work folder. Nothing is run or written
// here; the engine makes the folders of outputs. Pure, any thread, no errors.
#pragma once

#include "runner/model/job.h"
#include "targets/target.h"
#include "targets/toolchain.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct ArtifactSpec {
  std::vector<std::filesystem::path> sources;   // absolute; Rust: the first is the crate's root, the others only inputs
  std::vector<std::string> flags;               // the suite's, after the toolchain's and after the sources (-lm works)
  std::string link;                             // a key of CompilerSpec::link_flags
  std::filesystem::path folder;                 // absolute, of its files
  std::string name;                             // file name of the program, without .exe
  std::filesystem::path origin;                 // written as "." in the program's debug and panic texts
  std::vector<std::filesystem::path> libraries = {};  // C, C++: the one source of each; a/NAME.c makes NAME.so or .dll
};

struct Artifact {
  std::vector<Job> builds;
  std::filesystem::path program;
  std::vector<std::filesystem::path> libraries;   // it needs them beside it
};

Artifact make_artifact(const ArtifactSpec& spec, const Toolchain& toolchain, const Target& target);

// What a compiler is started with: nothing but this.
std::vector<std::string> build_environment(const Toolchain& toolchain);

// link_kinds() of a language that can be used; of one that cannot, the target's first, so that its tests keep their
// names. Never empty; the first is the default.
std::vector<std::string> artifact_links(const Target& target, Language language);

}  // namespace xtest
