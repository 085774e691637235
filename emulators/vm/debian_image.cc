// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/debian_image.h"

#include "emulators/ssh/key.h"
#include "emulators/vm/kernel_file.h"
#include "emulators/vm/kernel_modules.h"
#include "emulators/vm/key_texts.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/store/archive.h"
#include "runner/store/private_apt.h"

#include <algorithm>
#include <set>

namespace xtest {
namespace {

namespace fs = std::filesystem;

std::string must_read(const fs::path& file) {
  if (auto bytes = read_file(file)) return std::move(*bytes);
  throw Error(ErrorKind::infra, "cannot read " + file.string());
}

void must_write_private(const fs::path& file, std::string_view bytes) {
  if (write_file(file, bytes, 0600) != 0) throw Error(ErrorKind::infra, "cannot write " + file.string());
}

// Packages differ in whether a file lies below / or below /usr.
fs::path find_in(const fs::path& tree, const std::string& path) {
  for (const fs::path& candidate : {tree / path, tree / "usr" / path}) {
    if (fs::exists(candidate)) return candidate;
  }
  throw Error(ErrorKind::infra, "the packages have no " + path);
}

// The guest's first root, with the folders of each member before it.
class Root {
 public:
  void file(const std::string& path, std::string_view bytes, unsigned mode = 0644) {
    folders_of(path);
    archive_.file(path, bytes, mode);
  }
  void symlink(const std::string& path, const std::string& to) {
    folders_of(path);
    archive_.symlink(path, to);
  }
  void folder(const std::string& path, unsigned mode = 0755) {
    folders_of(path);
    if (known_.insert(path).second) archive_.folder(path, mode);
  }
  std::string finish() { return archive_.finish(); }

 private:
  void folders_of(const std::string& path) {
    for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      if (known_.insert(path.substr(0, slash)).second) archive_.folder(path.substr(0, slash));
    }
  }
  ArchiveWriter archive_{ArchiveFormat::cpio};
  std::set<std::string> known_;
};

void add_libraries(const ImageRecipe& recipe, const fs::path& tree, Root& root) {
  std::set<std::string> added;
  for (const std::string& folder : recipe.debian.libraries) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(tree / folder, error)) {
      const std::string name = entry.path().filename();
      if (name.find(".so") == name.npos || !fs::is_regular_file(entry.path()) || !added.insert(name).second) continue;
      const fs::path to = entry.is_symlink() ? fs::read_symlink(entry.path()) : fs::path();
      if (!to.empty() && !to.has_parent_path()) root.symlink("lib/" + name, to);
      else root.file("lib/" + name, must_read(entry.path()), 0755);
    }
  }
  const std::string loader = recipe.debian.loader.substr(1);
  const std::string name = fs::path(loader).filename();
  if (!added.contains(name)) root.file("lib/" + name, must_read(find_in(tree, loader)), 0755);
  if (loader != "lib/" + name) root.symlink(loader, "/lib/" + name);
}

void add_modules(const ImageRecipe& recipe, const fs::path& tree, Root& root) {
  const fs::path folder = fs::directory_iterator(find_in(tree, "lib/modules"))->path();
  std::string order;
  for (const fs::path& module : modules_to_load(folder, recipe.debian.modules)) {
    const std::string name = module.filename().string().substr(0, module.filename().string().find(".ko")) + ".ko";
    root.file("mod/" + name, decompressed(module));
    order += name + "\n";
  }
  root.file("mod/order", order);
}

void add_accounts(const ImageRecipe& recipe, const MadeImage& image, Root& root) {
  root.file("etc/passwd", "root:x:0:0:root:/root:" + recipe.shell +
                              "\nsshd:x:100:65534::/run/sshd:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n");
  root.file("etc/group", "root:x:0:\nnogroup:x:65534:\n");
  root.file("etc/shadow", "root:*:19000:0:99999:7:::\n", 0600);
  std::string shells = "/bin/sh\n";
  for (const std::string& program : recipe.debian.programs) {
    if (fs::path(program).parent_path().filename() == "bin") shells += "/" + program + "\n";
  }
  root.file("etc/shells", shells);
  root.folder("root", 0700);
  root.folder("root/.ssh", 0700);
  const std::string host_private = must_read(image.private_host_key());
  if (recipe.reach.server == "openssh") root.file("etc/ssh/host", host_private, 0600);
  else root.file("etc/dropbear/host", to_dropbear(host_private), 0600);
  for (const TextFile& file : recipe.debian.files) root.file(file.path, with_keys(file.text, image));
  if (recipe.provision.kind == ProvisionKind::none) root.file("root/.ssh/authorized_keys", image.public_user_key() + "\n", 0600);
}

std::string first_root(const ImageRecipe& recipe, const fs::path& tree, const MadeImage& image) {
  Root root;
  for (const char* folder : {"bin", "sbin", "usr/bin", "usr/sbin", "lib", "proc", "sys", "dev", "run", "mnt", "var/log"}) root.folder(folder);
  root.folder("tmp", 01777);
  root.file("init", must_read(recipe.debian.init), 0755);
  root.file("bin/busybox", must_read(find_in(tree, "bin/busybox")), 0755);
  for (const std::string& program : recipe.debian.programs) root.file(program, must_read(find_in(tree, program)), 0755);
  add_libraries(recipe, tree, root);
  add_modules(recipe, tree, root);
  add_accounts(recipe, image, root);
  return root.finish();
}

Task<void> provide_packages(const ImageRecipe& recipe, const fs::path& cache, const fs::path& tree, const Progress& progress) {
  PrivateApt apt({cache / "apt" / (recipe.debian.suite + "-" + recipe.debian.architecture), recipe.debian.suite, {recipe.debian.architecture},
                  "/etc/apt", progress});
  co_await apt.update();
  std::vector<std::string> packages = recipe.debian.packages;
  packages.push_back(co_await apt.dependency(recipe.debian.kernel, "linux-image-"));
  co_await apt.provide(std::move(packages), tree);
}

// "boot/vmlinuz-6.1.0-56-cloud-amd64", by its beginning.
fs::path find_in_boot(const fs::path& tree, std::string_view beginning) {
  for (const auto& entry : fs::directory_iterator(tree / "boot")) {
    if (entry.path().filename().string().starts_with(beginning)) return entry.path();
  }
  throw Error(ErrorKind::infra, "the kernel's package has no boot/" + std::string(beginning) + "*");
}

void provide_kernel(const fs::path& tree, const fs::path& to) {
  const fs::path packed = find_in_boot(tree, "vmlinu");
  const bool starts_unpacked = must_read(find_in_boot(tree, "config-")).find("\nCONFIG_PVH=y\n") != std::string::npos;
  if (!starts_unpacked || !unpack_kernel(packed, to)) fs::copy_file(packed, to);
}

}  // namespace

Task<std::vector<std::string>> make_debian_image(ImageRecipe recipe, MadeImage image, fs::path work, fs::path cache, Progress progress) {
  co_await provide_packages(recipe, cache, work, progress);
  provide_kernel(work, image.kernel());
  must_write_private(image.initrd(), first_root(recipe, work, image));
  std::vector<std::string> origin;
  for (const UnpackedPackage& one : unpacked_packages(work))
    origin.push_back(one.package + " " + one.version + " (" + one.architecture + ") " + one.sha256);
  co_return origin;
}

}  // namespace xtest
