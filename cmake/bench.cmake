# SPDX-License-Identifier: Apache-2.0
# The engine's own cost, without compilers and emulators. Not part of `all`.
add_executable(engine_bench EXCLUDE_FROM_ALL bench/engine_bench.cc)
target_link_libraries(engine_bench PRIVATE xtest_engine xtest_reports)
