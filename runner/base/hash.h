// SPDX-License-Identifier: Apache-2.0
//
// SHA-256, the name of everything that is stored or cached by content. Lower-case
// hexadecimal everywhere. A Sha256 belongs to one thread; the free functions may
// run on the pool (hashing a big file takes a while). A file that cannot be read
// is Error{infra}. The work is done by OpenSSL's EVP interface.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace xtest {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);

  /// The 64 digits for all bytes so far; the object then begins anew.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);

}  // namespace xtest
