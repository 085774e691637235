// SPDX-License-Identifier: Apache-2.0
// Hello through iostream, with an exception thrown and caught on the way; the last line is the trailer.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

static int product(int a, int b) {
    if (a > 0) throw std::runtime_error(std::to_string(a * b));
    return a * b;
}

static std::string mark() {
    const char* nonce = std::getenv("XTEST_NONCE");
    return std::string("@xtest ") + (nonce ? nonce : "-");
}

// Where an exception ends that the unwinder cannot bring to its handler.
static void not_caught() {
    std::cout << mark() << " fail exception nobody caught it: std::terminate was called" << std::endl;
    std::cout << mark() << " end bad 1 1" << std::endl;
    std::_Exit(1);
}

int main(int argc, char**) {
    std::set_terminate(not_caught);
    std::string text = "nothing was thrown";
    try {
        product(argc * 0 + 6, 7);
    } catch (const std::exception& error) {
        text = error.what();
    }
    bool good = text == "42";
    std::cout << "hello from cxx: 6*7=" << text << std::endl;
    std::cout << mark() << " end " << (good ? "ok 1 0" : "bad 1 1") << std::endl;
    return good ? 0 : 1;
}
