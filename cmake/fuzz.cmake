# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets: `cmake --preset fuzz` (clang-19). The rooms are instrumented by cmake/dependencies.cmake.
file(GLOB fuzz_sources CONFIGURE_DEPENDS tests/fuzz/*_fuzz.cc)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE xtest_suites xtest_record)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
