/* SPDX-License-Identifier: Apache-2.0
 *
 * xtest's launcher inside Wine (or Windows): starts a program and tells its whole 32-bit exit code out of band.
 *
 *   launcher.exe RESULT NONCE PROGRAM [ARG...]
 *
 * A Unix parent of Wine sees 8 bits only. RESULT gets one line: "xtest-launcher 1 NONCE exited CODE" or "... exception
 * CODE" (an NTSTATUS of severity error, which is what an unhandled exception leaves) or "... not-started ERROR". HOME,
 * TMPDIR, TMP and TEMP become the current folder. The program runs in a job object, so that it dies with us; what it
 * leaves when it ends is for the agent to find.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "emulators/wine/begin.h"

static int tell(const wchar_t *path, const wchar_t *nonce, const char *how, unsigned long code) {
  FILE *out = _wfopen(path, L"wb");
  if (!out) return 125;
  fprintf(out, "xtest-launcher 1 %ls %s %lu\n", nonce, how, code);
  return fclose(out) == 0 ? 0 : 125;
}

/* Negative exit codes are small ones: 0xFFFFFFFF is exit(-1). */
static int is_exception(DWORD code) { return code >> 30 == 3 && code >> 28 != 15; }

static void die_together(HANDLE job, int wanted) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  limits.BasicLimitInformation.LimitFlags = wanted ? JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE : 0;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

int wmain(int argc, wchar_t **argv) {
  if (argc < 4) return 125;
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  wchar_t *line = _wcsdup(after_arguments(GetCommandLineW(), 3)); /* CreateProcess writes to it */
  if (!line) return 125;
  HANDLE job = CreateJobObjectW(NULL, NULL);
  die_together(job, 1);
  live_in_current_folder();
  STARTUPINFOW start;
  PROCESS_INFORMATION child;
  memset(&start, 0, sizeof start);
  start.cb = sizeof start;
  if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &child))
    return tell(argv[1], argv[2], "not-started", GetLastError());
  AssignProcessToJobObject(job, child.hProcess);
  ResumeThread(child.hThread);
  WaitForSingleObject(child.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(child.hProcess, &code);
  die_together(job, 0);
  return tell(argv[1], argv[2], is_exception(code) ? "exception" : "exited", code);
}
