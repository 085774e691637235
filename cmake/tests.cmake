# SPDX-License-Identifier: Apache-2.0
# Unit tests, the contract over executors, and the integration tests that use the real binary.
find_package(GTest REQUIRED)

add_executable(misbehave tests/helpers/misbehave.c)
target_compile_definitions(misbehave PRIVATE _GNU_SOURCE)
target_link_libraries(misbehave PRIVATE Threads::Threads)

function(xtest_tests name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARGN})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE xtest_cli GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    XTEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}" XTEST_BINARY="$<TARGET_FILE:xtest>"
    XTEST_AGENT="$<TARGET_FILE:xtest-agent>" XTEST_MISBEHAVE="$<TARGET_FILE:misbehave>")
  add_dependencies(${name} xtest xtest-agent misbehave)
endfunction()

xtest_tests(unit_tests tests/unit/*_test.cc tests/support/*.cc)
xtest_tests(contract_tests tests/contract/*_test.cc tests/support/*.cc)
xtest_tests(integration_tests tests/integration/*_test.cc tests/support/*.cc)
xtest_tests(fault_tests tests/faults/*_test.cc tests/support/*.cc)

# bench/engine_bench.cc: what xtest itself costs a case. Built when asked for: cmake --build build/release --target engine_bench
add_executable(engine_bench EXCLUDE_FROM_ALL bench/engine_bench.cc)
target_link_libraries(engine_bench PRIVATE xtest_cli)
