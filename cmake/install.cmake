# SPDX-License-Identifier: Apache-2.0
# An installed xtest finds its data beside itself: BIN/../share/xtest and BIN/../libexec/xtest, where xtest-main lies, too.
install(TARGETS xtest RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS xtest-main xtest-agent RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/xtest)
install(DIRECTORY targets/data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/xtest/targets/data)
install(DIRECTORY suites/calibrate suites/hello suites/probes suites/rust-core suites/rust-alloc suites/rust-std DESTINATION ${CMAKE_INSTALL_DATADIR}/xtest/suites)
install(DIRECTORY emulators/agent DESTINATION ${CMAKE_INSTALL_DATADIR}/xtest/emulators FILES_MATCHING PATTERN "*.[ch]")
install(DIRECTORY emulators/vm/images DESTINATION ${CMAKE_INSTALL_DATADIR}/xtest/emulators/vm)
install(FILES emulators/known-lies.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/xtest/emulators)
install(FILES emulators/wine/begin.h emulators/wine/launcher.c emulators/wine/look.c DESTINATION ${CMAKE_INSTALL_DATADIR}/xtest/emulators/wine)
