// SPDX-License-Identifier: Apache-2.0
// Recipes of guests: emulators/vm/images/*.yaml, each key explained in linux-x86_64.yaml and in docs/vm.md.
//
// Values, read once; any thread. What a file has wrong is Error{usage} with file:line:column.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct TextFile {
  std::string path, text;
};

struct DebianSource {
  std::string suite, architecture;
  std::string kernel;                           // a meta package: its dependency is the kernel
  std::vector<std::string> packages;
  std::vector<std::string> modules;             // loaded at boot, with what they need
  std::vector<std::string> programs;            // paths in the packages
  std::vector<std::string> libraries;           // folders whose shared libraries land in /lib
  std::string loader;                           // the dynamic linker's path
  std::filesystem::path init;                   // the guest's first process
  std::vector<TextFile> files;                  // more of its first root
};

enum class Compression { none, gz, bz2, xz, zst };
enum class MediaFormat { iso, raw, qcow2 };

// A release medium of the system's own project.
struct MediaSource {
  std::string version;
  std::vector<std::string> urls;                // of one file, the first one that answers is taken
  std::string sha256;                           // of the file as it is downloaded; empty: no public record is known
  std::string record;                           // where the sha256 stands in public
  Compression compression = Compression::none;
  MediaFormat format = MediaFormat::iso;
  std::string file_name() const;                // the first URL's last part
};

enum class ProvisionKind { none, seed_iso, serial_expect, disk };

// Waits until `expect` has been seen on the serial line, then sends.
struct DialogueStep {
  std::string expect, send;
  std::chrono::milliseconds limit{0};
};

// A boot whose only purpose is what it leaves on a disk; the machine turns itself off at its end.
struct Installation {
  std::uint64_t disk_bytes = 0;                 // an empty disk; 0: a copy of the medium's
  std::chrono::milliseconds limit{0};
};

// How a guest learns whom to let in. @USER_KEY@, @HOST_KEY@ and @HOST_KEY_PUBLIC@ in texts stand for the image's keys.
struct Provision {
  ProvisionKind kind = ProvisionKind::none;
  std::string label;                            // seed-iso: the CD's volume label
  std::vector<TextFile> files;                  // seed-iso
  std::vector<DialogueStep> dialogue;           // serial-expect
  std::filesystem::path disk;                   // disk: a prepared one
  MediaFormat disk_format = MediaFormat::raw;
  std::filesystem::path user_key, host_key;     // disk: private and public; empty: made with the image
  std::optional<Installation> installation;
};

struct MachineSpec {
  std::string program;                          // "qemu-system-x86_64"
  std::vector<std::string> args, devices;
  int memory_mib = 256;
  std::string console;                          // "ttyS0"
  std::vector<std::string> append;              // more words for a kernel's command line
  std::string disk = "virtio-blk-pci";          // qemu's devices for disks and for CDs
  std::string cd = "ide-cd";
};

struct Reach {
  std::string user;
  std::uint16_t port = 22;                      // in the guest
  std::string server;                           // "dropbear", "openssh"
  std::chrono::milliseconds patience{0};        // from its start until a command runs
};

struct ImageRecipe {
  std::string name, title, arch;
  std::vector<std::string> targets;             // canonical triples
  bool tried = false;                           // booted by whoever wrote the recipe
  std::optional<MediaSource> media;             // else `debian`
  DebianSource debian;
  Provision provision;
  MachineSpec machine;
  Reach reach;
  std::string shell;                            // of the user who logs in
  std::vector<std::string> panic;               // texts on the console
  std::filesystem::path file;
  std::string digest;                           // of everything that goes into the image, but a downloaded medium
};

const char* to_string(Compression compression);
const char* to_string(MediaFormat format);
const char* to_string(ProvisionKind kind);

// All recipes of some folders, by name; a name that stands in two of them is an error. `linux-init` of the first folder is
// the first process of Debian's guests that name no other one.
std::vector<ImageRecipe> load_images(const std::vector<std::filesystem::path>& folders);

// xtest's own recipes and then the user's: XDG_CONFIG_HOME/xtest/images, or ~/.config/xtest/images.
std::vector<std::filesystem::path> image_folders(const std::filesystem::path& data);

// Throws Error{usage} with the nearest name.
const ImageRecipe& find_recipe(const std::vector<ImageRecipe>& recipes, const std::string& name);

}  // namespace xtest
