/* SPDX-License-Identifier: Apache-2.0
 *
 * xtest's launcher inside Wine (or Windows): starts a program and tells its whole 32-bit exit code out of band.
 *
 *   launcher.exe RESULT NONCE PROGRAM [ARG...]
 *
 * A Unix parent of Wine sees 8 bits only. RESULT gets one line: "xtest-launcher 1 NONCE exited CODE" or "... exception
 * CODE" (an NTSTATUS of severity error, which is what an unhandled exception leaves) or "... not-started ERROR". The
 * program runs in a job object, so that its children die with it.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* The command line after the first `count` arguments, as it was written. */
static const wchar_t *after_arguments(const wchar_t *line, int count) {
  while (count-- > 0) {
    int quoted = 0;
    for (; *line && (quoted || (*line != L' ' && *line != L'\t')); ++line) {
      if (*line == L'"') quoted = !quoted;
    }
    while (*line == L' ' || *line == L'\t') ++line;
  }
  return line;
}

static int tell(const wchar_t *path, const wchar_t *nonce, const char *how, unsigned long code) {
  FILE *out = _wfopen(path, L"wb");
  if (!out) return 125;
  fprintf(out, "xtest-launcher 1 %ls %s %lu\n", nonce, how, code);
  return fclose(out) == 0 ? 0 : 125;
}

int wmain(int argc, wchar_t **argv) {
  if (argc < 4) return 125;
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  wchar_t line[32768];
  wcsncpy(line, after_arguments(GetCommandLineW(), 3), 32767);
  line[32767] = 0;
  HANDLE job = CreateJobObjectW(NULL, NULL);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
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
  return tell(argv[1], argv[2], (code >> 30) == 3 ? "exception" : "exited", code);
}
