// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/kernel_modules.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/text.h"
#include "runner/store/archive.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;

// "virtio-pci.ko.xz" -> "virtio_pci"
std::string module_name(const fs::path& file) {
  std::string name = file.filename().string();
  name.resize(std::min(name.size(), name.find(".ko")));
  std::ranges::replace(name, '-', '_');
  return name;
}

std::vector<std::string> needs_of(const fs::path& file) {
  const std::string bytes = decompressed(file);
  const std::string key = std::string("\0depends=", 9);
  const auto at = bytes.find(key);
  std::vector<std::string> needs;
  if (at == bytes.npos) return needs;
  const auto begin = at + key.size();
  for (const auto word : split(std::string_view(bytes).substr(begin, bytes.find('\0', begin) - begin), ','))
    if (!word.empty()) needs.emplace_back(word);
  return needs;
}

class Order {
 public:
  explicit Order(const fs::path& folder) : folder_(folder) {
    for (const auto& entry : fs::recursive_directory_iterator(folder / "kernel")) {
      if (entry.path().filename().string().find(".ko") != std::string::npos) files_[module_name(entry.path())] = entry.path();
    }
    std::istringstream lines(read_file(folder / "modules.builtin").value_or(""));
    for (std::string line; std::getline(lines, line);) built_in_.insert(module_name(line));
  }

  void add(std::string name) {
    std::ranges::replace(name, '-', '_');
    if (!seen_.insert(name).second || built_in_.contains(name)) return;
    const auto file = files_.find(name);
    if (file == files_.end()) throw Error(ErrorKind::infra, "the kernel of " + folder_.string() + " has no module " + name);
    for (const std::string& need : needs_of(file->second)) add(need);
    order_.push_back(file->second);
  }

  std::vector<fs::path> take() { return std::move(order_); }

 private:
  fs::path folder_;
  std::map<std::string, fs::path> files_;
  std::set<std::string> built_in_, seen_;
  std::vector<fs::path> order_;
};

}  // namespace

std::vector<fs::path> modules_to_load(const fs::path& folder, const std::vector<std::string>& names) {
  Order order(folder);
  for (const std::string& name : names) order.add(name);
  return order.take();
}

}  // namespace xtest
