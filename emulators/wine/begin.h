/* SPDX-License-Identifier: Apache-2.0
 *
 * How launcher.c and look.c begin the program that they are given.
 */
#pragma once

#include <windows.h>

/* The command line after the first `count` arguments, as it was written. */
static inline const wchar_t *after_arguments(const wchar_t *line, int count) {
  while (count-- > 0) {
    int quoted = 0;
    for (; *line && (quoted || (*line != L' ' && *line != L'\t')); ++line) {
      if (*line == L'"') quoted = !quoted;
    }
    while (*line == L' ' || *line == L'\t') ++line;
  }
  return line;
}

/* HOME, TMPDIR, TMP and TEMP become the current folder. */
static inline void live_in_current_folder(void) {
  wchar_t folder[MAX_PATH];
  if (GetCurrentDirectoryW(MAX_PATH, folder) == 0) return;
  static const wchar_t *const names[] = {L"HOME", L"TMPDIR", L"TMP", L"TEMP"};
  for (int i = 0; i < 4; ++i) SetEnvironmentVariableW(names[i], folder);
}
