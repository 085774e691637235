/* SPDX-License-Identifier: Apache-2.0
 *
 * What takes launcher.c's place for a second look at a program that died: its debugger.
 *
 *   look.exe RESULT NONCE PROGRAM [ARG...]
 *
 * RESULT gets the launcher's line ("xtest-launcher 1 NONCE exception CODE"), then the lines of
 * emulators/diagnosis/report.h: the exception nobody handled, the registers, what was mapped, the callers as dbghelp walks them.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>
/* after windows.h */
#include <dbghelp.h>
#include <psapi.h>

#include "emulators/wine/begin.h"

enum { most_frames = 16, most_maps = 2000, path_size = 1024 };

struct debuggee {
  HANDLE process, thread;
  DWORD pid;
};

static const char *protection(DWORD protect) {
  switch (protect & 0xff) {
    case PAGE_EXECUTE: return "--xp";
    case PAGE_EXECUTE_READ: return "r-xp";
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY: return "rwxp";
    case PAGE_READONLY: return "r--p";
    case PAGE_READWRITE:
    case PAGE_WRITECOPY: return (protect & PAGE_GUARD) != 0 ? "---p" : "rw-p";
    default: return "---p";
  }
}

/* Z:\a\b -> /a/b */
static void unix_path(HANDLE process, void *module, char *into) {
  char path[path_size];
  *into = 0;
  if (GetModuleFileNameExA(process, module, path, path_size) == 0) return;
  const char *from = strncmp(path, "Z:", 2) == 0 ? path + 2 : path;
  for (; *from; ++from) *into++ = *from == '\\' ? '/' : *from;
  *into = 0;
}

static void tell_maps(FILE *out, HANDLE process) {
  MEMORY_BASIC_INFORMATION at;
  char path[path_size];
  char *address = NULL;
  for (int i = 0; i < most_maps && VirtualQueryEx(process, address, &at, sizeof at) == sizeof at; ++i) {
    char *base = at.BaseAddress, *whole = at.AllocationBase;
    *path = 0;
    if (at.State == MEM_COMMIT && at.Type == MEM_IMAGE) unix_path(process, whole, path);
    if (at.State == MEM_COMMIT)
      fprintf(out, "map %llx-%llx %s %llx %s\n", (ULONGLONG)(ULONG_PTR)base, (ULONGLONG)(ULONG_PTR)(base + at.RegionSize), protection(at.Protect),
              *path ? (ULONGLONG)(base - whole) : 0ull, path);
    address = base + at.RegionSize;
  }
}

static void tell_registers(FILE *out, const CONTEXT *c) {
  const struct {
    const char *name;
    DWORD64 value;
  } all[] = {{"rax", c->Rax}, {"rbx", c->Rbx}, {"rcx", c->Rcx}, {"rdx", c->Rdx}, {"rsi", c->Rsi}, {"rdi", c->Rdi},
             {"rbp", c->Rbp}, {"rsp", c->Rsp}, {"r8", c->R8},   {"r9", c->R9},   {"r10", c->R10}, {"r11", c->R11},
             {"r12", c->R12}, {"r13", c->R13}, {"r14", c->R14}, {"r15", c->R15}, {"rip", c->Rip}};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) fprintf(out, "register %s %llx\n", all[i].name, (ULONGLONG)all[i].value);
}

static void tell_frame(FILE *out, HANDLE process, DWORD64 pc) {
  char room[sizeof(SYMBOL_INFO) + 512];
  SYMBOL_INFO *symbol = (SYMBOL_INFO *)room;
  IMAGEHLP_LINE64 line;
  DWORD64 offset = 0;
  DWORD column = 0;
  memset(symbol, 0, sizeof *symbol);
  symbol->SizeOfStruct = sizeof *symbol;
  symbol->MaxNameLen = 500;
  memset(&line, 0, sizeof line);
  line.SizeOfStruct = sizeof line;
  fprintf(out, "frame %llx ", (ULONGLONG)pc);
  if (SymFromAddr(process, pc, &offset, symbol)) fprintf(out, "%s+0x%llx", symbol->Name, (ULONGLONG)offset);
  else fprintf(out, "0x%llx", (ULONGLONG)pc);
  if (SymGetLineFromAddr64(process, pc, &column, &line)) {
    const char *slash = strrchr(line.FileName, '/'), *back = strrchr(line.FileName, '\\');
    fprintf(out, " (%s:%lu)", back > slash ? back + 1 : slash ? slash + 1 : line.FileName, line.LineNumber);
  }
  fputs("\n", out);
}

/* Called where no code is: the caller is known, the frame is its own. */
static void step_back(FILE *out, const struct debuggee *of, CONTEXT *context) {
  char byte;
  DWORD64 caller = 0;
  if (ReadProcessMemory(of->process, (void *)(ULONG_PTR)context->Rip, &byte, 1, NULL)) return;
  if (!ReadProcessMemory(of->process, (void *)(ULONG_PTR)context->Rsp, &caller, sizeof caller, NULL)) return;
  tell_frame(out, of->process, context->Rip);
  context->Rip = caller;
  context->Rsp += sizeof caller;
}

static void tell_callers(FILE *out, const struct debuggee *of, CONTEXT context) {
  STACKFRAME64 frame;
  step_back(out, of, &context);
  memset(&frame, 0, sizeof frame);
  frame.AddrPC.Offset = context.Rip;
  frame.AddrFrame.Offset = context.Rbp;
  frame.AddrStack.Offset = context.Rsp;
  frame.AddrPC.Mode = frame.AddrFrame.Mode = frame.AddrStack.Mode = AddrModeFlat;
  for (int i = 0; i < most_frames; ++i) {
    if (!StackWalk64(IMAGE_FILE_MACHINE_AMD64, of->process, of->thread, &frame, &context, NULL, SymFunctionTableAccess64, SymGetModuleBase64, NULL)) return;
    if (frame.AddrPC.Offset == 0) return;
    tell_frame(out, of->process, frame.AddrPC.Offset);
  }
}

static void tell_death(FILE *out, const struct debuggee *of, DWORD tid, const EXCEPTION_RECORD *e) {
  static const char *const ways[] = {"read", "write"};
  int is_access = e->ExceptionCode == 0xC0000005 && e->NumberParameters >= 2;
  const char *how = !is_access ? "none" : e->ExceptionInformation[0] < 2 ? ways[e->ExceptionInformation[0]] : "execute";
  CONTEXT context;
  memset(&context, 0, sizeof context);
  context.ContextFlags = CONTEXT_FULL;
  fprintf(out, "machine x86_64\nprocess %lu\n", of->pid);
  tell_maps(out, of->process);
  fprintf(out, "thread %lu ? - 0 - program\nexception %lx %llx %s %llx\n", tid, e->ExceptionCode, (ULONGLONG)(ULONG_PTR)e->ExceptionAddress, how,
          is_access ? (ULONGLONG)e->ExceptionInformation[1] : 0ull);
  if (!GetThreadContext(of->thread, &context)) return;
  tell_registers(out, &context);
  SymSetOptions(SYMOPT_LOAD_LINES | SYMOPT_UNDNAME);
  if (SymInitialize(of->process, NULL, TRUE)) tell_callers(out, of, context);
}

/* Negative exit codes are small ones, as launcher.c has it. */
static int is_exception(DWORD code) { return code >> 30 == 3 && code >> 28 != 15; }

static DWORD debug(struct debuggee *of, FILE *report) {
  DEBUG_EVENT event;
  for (int begun = 0;;) {
    DWORD answer = DBG_CONTINUE;
    if (!WaitForDebugEvent(&event, INFINITE)) return 0;
    if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
      DWORD code = event.u.ExitProcess.dwExitCode;
      ContinueDebugEvent(event.dwProcessId, event.dwThreadId, answer);
      return code;
    }
    if (event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) CloseHandle(event.u.CreateProcessInfo.hFile);
    if (event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) CloseHandle(event.u.LoadDll.hFile);
    if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT) {
      const EXCEPTION_DEBUG_INFO *e = &event.u.Exception;
      int is_first_break = !begun && e->ExceptionRecord.ExceptionCode == EXCEPTION_BREAKPOINT;
      begun = begun || is_first_break;
      if (!is_first_break) answer = DBG_EXCEPTION_NOT_HANDLED;
      if (!e->dwFirstChance) {
        of->thread = OpenThread(THREAD_ALL_ACCESS, FALSE, event.dwThreadId);
        tell_death(report, of, event.dwThreadId, &e->ExceptionRecord);
      }
    }
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, answer);
  }
}

static void copy(FILE *from, FILE *to) {
  char bytes[4096];
  rewind(from);
  for (size_t got; (got = fread(bytes, 1, sizeof bytes, from)) > 0;) fwrite(bytes, 1, got, to);
}

int wmain(int argc, wchar_t **argv) {
  if (argc < 4) return 125;
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  wchar_t *line = _wcsdup(after_arguments(GetCommandLineW(), 3)); /* CreateProcess writes to it */
  FILE *out = _wfopen(argv[1], L"wb"), *report = _wfopen(L"xtest-look", L"w+b");
  if (!line || !out || !report) return 125;
  live_in_current_folder();
  STARTUPINFOW start;
  PROCESS_INFORMATION child;
  memset(&start, 0, sizeof start);
  start.cb = sizeof start;
  if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, DEBUG_ONLY_THIS_PROCESS, NULL, NULL, &start, &child)) {
    fprintf(out, "xtest-launcher 1 %ls not-started %lu\n", argv[2], GetLastError());
    return fclose(out) == 0 ? 0 : 125;
  }
  struct debuggee of = {child.hProcess, child.hThread, child.dwProcessId};
  DWORD code = debug(&of, report);
  fprintf(out, "xtest-launcher 1 %ls %s %lu\n", argv[2], is_exception(code) ? "exception" : "exited", code);
  copy(report, out);
  return fclose(out) == 0 ? 0 : 125;
}
