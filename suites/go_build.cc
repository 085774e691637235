// SPDX-License-Identifier: Apache-2.0
#include "suites/go_build.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

// GO DEPFILE PACKAGE `go test -c ...`: builds it, and names all that it is made of.
constexpr const char* kBuildScript = R"(
go=$1 deps=$2 package=$3; shift 3
"$@" || exit
{ printf 'deps:'
  "$go" list -deps -test -f '{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}
{{end}}{{range .SFiles}}{{$d}}/{{.}}
{{end}}{{range .HFiles}}{{$d}}/{{.}}
{{end}}{{range .SysoFiles}}{{$d}}/{{.}}
{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}
{{end}}{{if not .DepOnly}}{{range .TestGoFiles}}{{$d}}/{{.}}
{{end}}{{range .TestEmbedFiles}}{{$d}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$d}}/{{.}}
{{end}}{{range .XTestEmbedFiles}}{{$d}}/{{.}}
{{end}}{{end}}{{with .Module}}{{with .GoMod}}{{.}}
{{end}}{{end}}' "$package" |
    sed -e '/^$/d' -e '\,//,d' -e 's/[ #:\\]/\\&/g' -e 's/[$]/$$/g' | sort -u | while read -r file; do printf ' \\\n %s' "$file"; done
  echo
} > "$deps"
)";

// ROOT TREE READY GOROOT? [FILE CONTENT]...: a copy of ROOT, in which tests may write; of a GOROOT only its library is copied.
constexpr const char* kTreeScript = R"(
set -e
root=$1 tree=$2 ready=$3 goroot=$4; shift 4
[ ! -e "$ready" ] || exit 0
rm -rf "$tree"
mkdir -p "$tree"
if [ -z "$goroot" ]; then cp -Rp "$root/." "$tree"
else
  for entry in "$root"/*; do
    case ${entry##*/} in src | lib) mkdir "$tree/${entry##*/}" ;; *) ln -s "$entry" "$tree/" ;; esac
  done
  [ ! -d "$root/lib" ] || cp -Rp "$root/lib/." "$tree/lib"
  for entry in "$root"/src/*; do
    case ${entry##*/} in cmd) ln -s "$entry" "$tree/src/" ;; *) cp -Rp "$entry" "$tree/src/" ;; esac
  done
fi
while [ $# -gt 0 ]; do
  if [ ! -e "$tree/$1" ]; then
    case $1 in */*) mkdir -p "$tree/${1%/*}" ;; esac
    cp "$2" "$tree/$1"
  fi
  shift 2
done
: > "$ready"
)";

Job host_job(std::vector<std::string> argv, std::vector<std::string> env, const fs::path& cwd) {
  Job job;
  job.kind = JobKind::build;
  job.place = Place::host;
  for (std::string& word : argv) job.command.argv.emplace_back(std::move(word));
  job.command.env = std::move(env);
  job.command.cwd = cwd;
  return job;
}

class GoRecipe {
 public:
  GoRecipe(const Suite& suite, const GoSettings& settings, const GoPackage& package, const Toolchain& go, const View& view)
      : suite_(suite), settings_(settings), package_(package), go_(go), view_(view), env_(go_environment(suite, settings, go)),
        work_(view.work / suite.name) {
    std::string flat = package.path;
    std::ranges::replace(flat, '/', '+');
    flat_ = std::move(flat);
    made_.program = work_ / (flat_ + ".test" + (view.target.files.format == FileFormat::pe ? ".exe" : ""));
  }

  GoTestBinary make() {
    warm();
    for (const auto& [file, program] : settings_.make) make_file(file, program);
    lay_out();
    test();
    return std::move(made_);
  }

 private:
  fs::path root() const { return suite_.sources; }

  // Else the first packages would each compile the library.
  void warm() {
    Job& job = made_.builds.emplace_back(host_job({go_.program.string(), "build", "testing"}, env_, go_folder(suite_, settings_)));
    job.command.limits.wall = std::chrono::minutes(10);
    job.tool_identity = identity();
    job.exclusive = "go build";
    job.cpus = 2;
  }

  void make_file(const std::string& file, const fs::path& program) {
    const fs::path content = work_ / "made" / file;
    std::vector<std::string> env = env_;
    std::erase_if(env, [&](const std::string& entry) { return go_.spec.env.contains(entry.substr(0, entry.find('='))); });
    Job& job = made_.builds.emplace_back(host_job({go_.program.string(), "run", program.string(), root().string(), content.string()}, env, suite_.folder));
    job.inputs = {program};
    job.outputs = {content};
    job.depfile = content.string() + ".d";
    job.tool_identity = identity();
    files_.push_back(file);
    files_.push_back(content.string());
  }

  void test() {
    const fs::path deps = made_.program.string() + ".d";
    std::vector<std::string> argv{"sh", "-c", kBuildScript, "go test -c", go_.program.string(), deps.string(), package_.path};
    argv.insert(argv.end(), {go_.program.string(), "test", "-c", "-p", "1"});
    argv.insert(argv.end(), settings_.build_flags.begin(), settings_.build_flags.end());
    argv.insert(argv.end(), {"-o", made_.program.string(), package_.path});
    Job& job = made_.builds.emplace_back(host_job(std::move(argv), env_, go_folder(suite_, settings_)));
    job.outputs = {made_.program};
    job.depfile = deps;
    job.tool_identity = identity();
    job.command.limits.wall = settings_.build_limit;
  }

  // Its input is a folder, of which there is no digest: made in each run, once for all packages.
  void lay_out() {
    const fs::path tree = work_ / "tree", ready = tree.string() + ".ready", below = package_.folder.lexically_relative(root());
    made_.cwd = below == "." ? tree : tree / below;
    if (settings_.is_goroot) made_.goroot = tree;
    std::vector<std::string> argv{"sh", "-c", kTreeScript, "lay out", root().string(), tree.string(), ready.string(), settings_.is_goroot ? "goroot" : ""};
    argv.insert(argv.end(), files_.begin(), files_.end());
    Job& job = made_.builds.emplace_back(host_job(std::move(argv), env_, root()));
    job.command.limits.wall = std::chrono::minutes(10);
    job.inputs = {root()};
    job.outputs = {ready};
    job.tool_identity = "sh";
  }

  std::string identity() const { return settings_.is_goroot ? go_.identity + " with the library of " + suite_.name + " " + suite_.revision : go_.identity; }

  const Suite& suite_;
  const GoSettings& settings_;
  const GoPackage& package_;
  const Toolchain& go_;
  const View& view_;
  std::vector<std::string> env_, files_;
  fs::path work_;
  std::string flat_;   // the package as a file name
  GoTestBinary made_;
};

}  // namespace

GoTestBinary make_go_test(const Suite& suite, const GoSettings& settings, const GoPackage& package, const Toolchain& go, const View& view) {
  return GoRecipe(suite, settings, package, go, view).make();
}

}  // namespace xtest
