# SPDX-License-Identifier: Apache-2.0
# Unit tests, the contract over executors, and the integration tests that use the real binary.
find_package(GTest REQUIRED)

add_executable(misbehave tests/helpers/misbehave.c)
target_compile_definitions(misbehave PRIVATE _GNU_SOURCE)
target_link_libraries(misbehave PRIVATE Threads::Threads)
# It dies by its signals and runs out of its limits as programs of users do.
target_compile_options(misbehave PRIVATE -fno-sanitize=all)
target_link_options(misbehave PRIVATE -fno-sanitize=all)

# Its faults are found by what it is made of: symbols, lines, no inlining.
add_executable(crash tests/helpers/crash.c)
target_compile_definitions(crash PRIVATE _GNU_SOURCE)
target_link_libraries(crash PRIVATE Threads::Threads)
target_compile_options(crash PRIVATE -g -O1 -fno-sanitize=all -fno-optimize-sibling-calls -Wno-infinite-recursion)
target_link_options(crash PRIVATE -fno-sanitize=all)

# What several tests share, and the headers that all of them parse.
file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.cc)
add_library(test_support STATIC ${support_sources})
target_link_libraries(test_support PUBLIC xtest_cli GTest::gmock GTest::gtest_main Boost::headers fmt::fmt Threads::Threads)
target_compile_definitions(test_support PUBLIC
  XTEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}" XTEST_BINARY="$<TARGET_FILE:xtest>"
  XTEST_AGENT="$<TARGET_FILE:xtest-agent>" XTEST_MISBEHAVE="$<TARGET_FILE:misbehave>" XTEST_CRASH="$<TARGET_FILE:crash>")
# g++ 12 sees overflows in std::string that are not there, once the headers are precompiled.
target_compile_options(test_support PUBLIC "$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>")
target_compile_options(test_support PUBLIC "$<$<CONFIG:Release>:-O0>")   # compiled once or twice, run for seconds
target_precompile_headers(test_support PRIVATE ${heavy_headers} <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)
add_dependencies(test_support xtest xtest-agent misbehave crash)

function(xtest_tests name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARGN})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE test_support)
  target_precompile_headers(${name} REUSE_FROM test_support)
endfunction()

xtest_tests(unit_tests tests/unit/*_test.cc)
xtest_tests(contract_tests tests/contract/*_test.cc)
xtest_tests(integration_tests tests/integration/*_test.cc)
xtest_tests(fault_tests tests/faults/*_test.cc)

# What xtest itself costs a case, and what a guest costs. Built when asked for: cmake --build build/release --target vm_bench
foreach(bench engine_bench vm_bench)
  add_executable(${bench} EXCLUDE_FROM_ALL bench/${bench}.cc)
  target_compile_definitions(${bench} PRIVATE XTEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}" XTEST_AGENT="$<TARGET_FILE:xtest-agent>")
  target_link_libraries(${bench} PRIVATE xtest_cli)
endforeach()
