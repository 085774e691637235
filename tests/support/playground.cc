// SPDX-License-Identifier: Apache-2.0
#include "tests/support/playground.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;

// Removes also what a test has made unreadable.
void remove_tree(const fs::path& folder) {
  std::error_code ignored;
  for (auto at = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, ignored);
       at != fs::recursive_directory_iterator(); at.increment(ignored)) {
    if (at->is_directory(ignored) && !at->is_symlink(ignored))
      fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  }
  fs::remove_all(folder, ignored);
}

struct TempFolder {
  fs::path path;
  explicit TempFolder(const std::string& name) {
    std::string pattern = (fs::temp_directory_path() / "xtest-it-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder can be made");
    path = fs::path(pattern) / name;
    fs::create_directories(path);
  }
  ~TempFolder() { remove_tree(path.parent_path()); }
};

// Large output lies in a file of its own.
std::string output_of(const nlohmann::json& event, const fs::path& record) {
  const auto output = event.find("output");
  if (output == event.end()) return {};
  if (output->is_string()) return output->get<std::string>();
  return read_text(record / "output" / output->at("output_ref").get<std::string>());
}

std::string quoted(const std::string& word) {
  std::string text = "\"";
  for (const char c : word) text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return text + '"';
}

}  // namespace

fs::path shared_cache() {
  static const TempFolder cache("cache");
  return cache.path;
}

std::string native_target() {
  utsname name{};
  ::uname(&name);
  return std::string(name.machine) + "-unknown-linux-gnu";
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_there(const std::string& program) {
  Call call;
  call.argv = {"sh", "-c", "command -v \"$0\"", program};
  return run_program(call).code == 0;
}

bool can_run_windows_programs() {
  return is_there("x86_64-w64-mingw32-gcc") && (is_there("wine64") || std::filesystem::exists("/usr/lib/wine/wine64"));
}

std::string misbehaving(std::initializer_list<std::string> words) {
  std::string list;
  for (const std::string& word : words) list += ", " + quoted(word);
  return "#define _GNU_SOURCE\n#define main misbehave\n#include \"" XTEST_SOURCE_DIR "/tests/helpers/misbehave.c\"\n#undef main\n"
         "int main(int argc, char **argv) {\n  (void)argc;\n  char *words[] = {argv[0]" + list + ", NULL};\n"
         "  return misbehave(" + std::to_string(words.size() + 1) + ", words);\n}\n";
}

Playground::Playground(const std::string& name) {
  std::string pattern = (fs::temp_directory_path() / "xtest-it-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder can be made");
  folder_ = fs::path(pattern) / name;
  fs::create_directories(folder_);
}

Playground::~Playground() { remove_tree(folder_.parent_path()); }

fs::path Playground::write(const std::string& path, const std::string& text) const {
  const fs::path file = folder_ / path;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  if (text.starts_with("#!")) fs::permissions(file, fs::perms(0755));
  return file;
}

void Playground::suite(const std::string& name, const std::map<std::string, std::string>& files, const std::string& more) const {
  write("suites/" + name + "/suite.yaml", "suite: " + name + "\nframework: exit-code\nsources: [\"*.c\"]\n" + more);
  for (const auto& [file, text] : files) write("suites/" + name + "/" + file, text);
}

fs::path Playground::target(const std::string& triple, const std::string& more) const {
  return write(triple + ".yaml", "triple: " + triple + "\nextends: " + native_target() + "\n" + more);
}

Call Playground::call(const Words& words) const {
  Call call;
  call.argv = {XTEST_BINARY};
  call.argv.insert(call.argv.end(), words.begin(), words.end());
  call.cwd = folder_;
  return call;
}

Playground::Words Playground::run_words(const std::string& suite, const Words& more, const std::string& target) const {
  Words words{"run", "--target", target, "--lang", "c", "--suites-dir", "suites", "--suite", suite};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<fs::path> Playground::records() const {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_ / ".xtest" / "runs", none)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

std::vector<nlohmann::json> Playground::events(const fs::path& record) const {
  std::ifstream in(record / "events.jsonl");
  std::vector<nlohmann::json> all;
  for (std::string line; std::getline(in, line);) {
    auto event = nlohmann::json::parse(line, nullptr, false);
    if (!event.is_discarded()) all.push_back(std::move(event));
  }
  return all;
}

std::map<std::string, Verdict> Playground::verdicts(const fs::path& record) const {
  std::map<std::uint64_t, std::string> names;
  std::map<std::string, Verdict> found;
  for (const auto& event : events(record)) {
    const std::string what = event.value("event", "");
    if (what == "unit_listed") {
      auto number = event.at("first_case").get<std::uint64_t>();
      for (const auto& test : event.at("cases"))
        names[number++] = test.at("group").get<std::string>() + "::" + test.at("name").get<std::string>();
    }
    if (what != "case_observed" && what != "case_decided") continue;
    Verdict& verdict = found[names.at(event.at("case").get<std::uint64_t>())];
    verdict.status = event.value("status", "");
    verdict.kind = event.value("kind", "");
    if (what == "case_decided") {
      ++verdict.times_decided;
      verdict.attempts = event.value("attempts", 0);
      verdict.reason = event.value("reason", "");
    } else {
      verdict.message = event.value("message", "");
      verdict.output = output_of(event, record);
    }
  }
  return found;
}

}  // namespace xtest
