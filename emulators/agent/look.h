/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks into the processes of a run: what a signal that is about to kill one hit, where the threads of a hung one stand.
 *
 * The report is lines that the host understands (emulators/diagnosis/report.h): registers as the kernel lays them out,
 * mappings, the top of the stack. On Linux by ptrace; elsewhere nothing is reported and nothing changes. A look ends
 * nothing and holds up nothing for more than a second: the caller kills.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "emulators/agent/frames.h"

/* In the child, before exec: the program can be watched and may leave a core file. */
void look_be_watched(void);

/* Lets a watched program and its threads go on from where they have stopped; a deadly signal is reported first. */
void look_let_go_on(pid_t leader, struct buffer *report);

/* Where the threads of a process are. `patience` are the milliseconds left for threads to stop. */
void look_at_process(pid_t pid, int *patience, struct buffer *report);

/* Is the program one that prints the stacks of its goroutines on SIGQUIT? */
bool look_is_go(char *const *argv);

/* The first bytes of a file; how many were read. */
size_t look_read_start(const char *path, unsigned char *into, size_t size);

/* A core file in the folder; NULL or its content, for free(). One above `cap` bytes is left alone. */
unsigned char *look_find_core(const char *folder, size_t cap, size_t *size);
