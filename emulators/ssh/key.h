// SPDX-License-Identifier: Apache-2.0
// Keys of images and of the machines we log in to: made, written, compared.
//
// A public key's text is "TYPE BASE64", as the first two words of a line in authorized_keys. Errors are Error{infra}.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

struct ssh_key_struct;

namespace xtest {

// A new ed25519 pair: FILE (mode 0600, OpenSSH's format) and FILE.pub. Returns the public key's text.
std::string make_key_pair(const std::filesystem::path& file);

std::string public_text(const ssh_key_struct* key);

// "ssh-ed25519,ecdsa-sha2-nistp256": the host key algorithms that can show one of these keys.
std::string key_types(const std::vector<std::string>& public_texts);

// An unencrypted ed25519 key of OpenSSH's format in the one that dropbear reads: string "ssh-ed25519", string of the
// 64 bytes seed and public key (RFC 4251 strings; dropbear's src/ed25519.c).
std::string to_dropbear(std::string_view openssh_private);

}  // namespace xtest
