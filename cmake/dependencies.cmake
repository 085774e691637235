# SPDX-License-Identifier: Apache-2.0
# What is taken from the system; the launcher (./xtest) names the packages.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(LibXml2 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(LIBARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(LIBSSH REQUIRED IMPORTED_TARGET libssh>=0.10)

add_library(xtest_options INTERFACE)
target_include_directories(xtest_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(xtest_options INTERFACE -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
                       $<$<CXX_COMPILER_ID:GNU>:-Winvalid-pch>)
target_compile_definitions(xtest_options INTERFACE XTEST_VERSION="${PROJECT_VERSION}" BOOST_ASIO_NO_DEPRECATED)
if(XTEST_SANITIZE)
  # vptr: this check looks at an object through a pipe of its own, and without a descriptor left calls a good one bad.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(XTEST_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
