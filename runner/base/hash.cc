// SPDX-License-Identifier: Apache-2.0
#include "runner/base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "runner/base/error.h"

namespace xtest {

namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void check(int result) {
  if (result != 1)
    throw Error(ErrorKind::infra, "libcrypto cannot compute sha-256", "check the installation of OpenSSL");
}

[[noreturn]] void cannot_read(const std::filesystem::path& path, int error) {
  throw Error(ErrorKind::infra, "cannot read " + path.string() + ": " + std::strerror(error));
}

}  // namespace

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};

  void begin() { check(context ? EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) : 0); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) { state_->begin(); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size));
  state_->begin();
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += "0123456789abcdef"[digest[i] >> 4];
    out += "0123456789abcdef"[digest[i] & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string sha256_file(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) cannot_read(path, EISDIR);
  std::ifstream file(path, std::ios::binary);
  if (!file) cannot_read(path, errno);
  Sha256 hash;
  std::array<char, 64 * 1024> buffer;
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.update({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.bad()) cannot_read(path, EIO);
  return hash.finish();
}

}  // namespace xtest
