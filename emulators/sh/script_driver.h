// SPDX-License-Identifier: Apache-2.0
// The driver itself, as shell text: what runs one program after another. Private to script.cc, which puts what it needs
// before it.
//
// A program costs what it costs to start it, for on a slow machine each further process is as dear: where nothing is to be
// told, nothing is started but setsid(1), which makes the group that is killed when the program is late. Folders are made
// by the dozen, and those that stayed empty are removed so. What is read is read by `.` where it can be, since read(1) asks
// the system for each byte; the fork's pages are the driver's until either writes to them, so that few words are best.
#pragma once

namespace xtest {

const char* driver_text();

}  // namespace xtest
