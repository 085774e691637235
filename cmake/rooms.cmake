# SPDX-License-Identifier: Apache-2.0
# One library a room; it links only what its arrows allow (ARCHITECTURE.md), and tests/unit/architecture_test.cc reads
# the includes to see that no file cheats.
function(xtest_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;EXCEPT;LINKS;HEADERS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${ROOM_SOURCES})
  foreach(pattern ${ROOM_EXCEPT})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  add_library(xtest_${name} STATIC ${sources})
  target_link_libraries(xtest_${name} PUBLIC xtest_options ${ROOM_LINKS})
  target_link_libraries(xtest_${name} PRIVATE Boost::headers fmt::fmt yaml-cpp OpenSSL::Crypto Threads::Threads)
  if(name STREQUAL base OR ROOM_HEADERS)
    target_precompile_headers(xtest_${name} PRIVATE ${heavy_headers} ${ROOM_HEADERS})
  else()
    target_precompile_headers(xtest_${name} REUSE_FROM xtest_base)
  endif()
endfunction()

# Asio and the big standard headers are parsed once, for every room.
set(heavy_headers <algorithm> <chrono> <filesystem> <functional> <map> <memory> <optional> <string> <variant> <vector>
                  <fmt/format.h> ${CMAKE_SOURCE_DIR}/runner/base/asio.h)

xtest_room(base SOURCES runner/base/*.cc LINKS Boost::headers fmt::fmt yaml-cpp OpenSSL::Crypto Threads::Threads)
xtest_room(model SOURCES runner/model/*.cc LINKS xtest_base)
xtest_room(record SOURCES runner/record/*.cc LINKS xtest_model nlohmann_json::nlohmann_json)
xtest_room(dialects SOURCES runner/dialects/*.cc LINKS xtest_model nlohmann_json::nlohmann_json)
xtest_room(store SOURCES runner/store/*.cc LINKS xtest_model nlohmann_json::nlohmann_json PkgConfig::LIBARCHIVE PkgConfig::LIBCURL)
xtest_room(inspect SOURCES suites/inspect/*.cc LINKS xtest_base PkgConfig::LIBELF nlohmann_json::nlohmann_json)
xtest_room(targets SOURCES targets/*.cc LINKS xtest_store xtest_inspect)
xtest_room(suites SOURCES suites/*.cc LINKS xtest_dialects xtest_targets xtest_inspect)
xtest_room(emulators SOURCES emulators/*.cc emulators/*/*.cc LINKS xtest_targets xtest_store nlohmann_json::nlohmann_json PkgConfig::LIBSSH PkgConfig::LIBDW)
xtest_room(reports SOURCES reports/*.cc LINKS xtest_record LibXml2::LibXml2)
xtest_room(engine SOURCES runner/engine/*.cc LINKS xtest_suites xtest_emulators xtest_record)
xtest_room(broker SOURCES runner/broker/*.cc LINKS xtest_emulators nlohmann_json::nlohmann_json)
xtest_room(cli SOURCES runner/cli/*.cc LINKS xtest_engine xtest_reports xtest_broker CLI11::CLI11 HEADERS <CLI/CLI.hpp>)
