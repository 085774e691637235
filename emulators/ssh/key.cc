// SPDX-License-Identifier: Apache-2.0
#include "emulators/ssh/key.h"

#include "runner/base/error.h"
#include "runner/base/files.h"

#include <libssh/libssh.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

namespace xtest {
namespace {

using Key = std::unique_ptr<ssh_key_struct, void (*)(ssh_key)>;

Key generate() {
  ssh_key key = nullptr;
  if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK) throw Error(ErrorKind::infra, "libssh cannot make a key");
  return {key, ssh_key_free};
}

// RFC 4251's data types, as far as a key file has them.
class Reader {
 public:
  explicit Reader(std::string_view left) : left_(left) {}
  std::uint32_t number() {
    const auto bytes = take(4);
    std::uint32_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  std::string_view take(std::size_t size) {
    if (left_.size() < size) throw Error(ErrorKind::infra, "the private key is cut short");
    const auto taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::string_view text() { return take(number()); }

 private:
  std::string_view left_;
};

std::string ssh_string(std::string_view bytes) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(bytes.size() >> shift & 0xff);
  return text.append(bytes);
}

std::string decoded_body(std::string_view pem) {
  const auto begin = pem.find("-----\n"), end = pem.find("\n-----END");
  if (begin == pem.npos || end == pem.npos || end < begin) throw Error(ErrorKind::infra, "not a private key of OpenSSH's format");
  std::string base64(pem.substr(begin + 6, end - begin - 6));
  std::erase(base64, '\n');
  std::string bytes(base64.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
  if (size < 0) throw Error(ErrorKind::infra, "the private key is not base64");
  return bytes;
}

}  // namespace

std::string make_key_pair(const std::filesystem::path& file) {
  const Key key = generate();
  if (ssh_pki_export_privkey_file(key.get(), nullptr, nullptr, nullptr, file.c_str()) != SSH_OK)
    throw Error(ErrorKind::infra, "cannot write the key " + file.string());
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string text = public_text(key.get());
  if (write_file(file.string() + ".pub", text + "\n") != 0)
    throw Error(ErrorKind::infra, "cannot write the key " + file.string() + ".pub");
  return text;
}

std::string public_text(const ssh_key_struct* key) {
  char* base64 = nullptr;
  auto* const any = const_cast<ssh_key>(key);
  if (ssh_pki_export_pubkey_base64(any, &base64) != SSH_OK) throw Error(ErrorKind::infra, "libssh cannot show a public key");
  const std::string text = std::string(ssh_key_type_to_char(ssh_key_type(any))) + " " + base64;
  ssh_string_free_char(base64);
  return text;
}

std::string key_types(const std::vector<std::string>& public_texts) {
  std::vector<std::string> types;
  for (const std::string& text : public_texts) {
    std::string type = text.substr(0, text.find(' '));
    if (type == "ssh-rsa") type = "rsa-sha2-512,rsa-sha2-256";
    if (std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
  std::string joined;
  for (const std::string& type : types) joined += (joined.empty() ? "" : ",") + type;
  return joined;
}

std::string to_dropbear(std::string_view openssh_private) {
  const std::string body = decoded_body(openssh_private);
  Reader outer(body);
  const bool is_plain = outer.take(15) == std::string_view("openssh-key-v1\0", 15) && outer.text() == "none";
  outer.text();                                // of the encryption: which and how
  outer.text();
  if (!is_plain || outer.number() != 1) throw Error(ErrorKind::infra, "the private key is encrypted, or there are several");
  outer.text();                                // the public key
  Reader secret(outer.text());
  secret.take(8);                              // the same random number twice
  const auto type = secret.text();
  secret.text();                               // the public key once more
  const auto pair = secret.text();
  if (type != "ssh-ed25519" || pair.size() != 64) throw Error(ErrorKind::infra, "the private key is not an ed25519 one");
  return ssh_string(type) + ssh_string(pair);
}

}  // namespace xtest
