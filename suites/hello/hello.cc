// SPDX-License-Identifier: Apache-2.0
// Hello through iostream, with an exception thrown and caught on the way; the last line is the trailer that a pass needs.
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

static int product(int a, int b) {
    if (a > 0) throw std::runtime_error(std::to_string(a * b));
    return a * b;
}

int main(int argc, char**) {
    const char* nonce = std::getenv("XTEST_NONCE");
    std::string text = "nothing was thrown";
    try {
        product(argc * 0 + 6, 7);
    } catch (const std::exception& error) {
        text = error.what();
    }
    bool good = text == "42";
    std::cout << "hello from cxx: 6*7=" << text << std::endl;
    std::cout << "@xtest " << (nonce ? nonce : "-") << " end " << (good ? "ok 1 0" : "bad 1 1") << std::endl;
    return good ? 0 : 1;
}
