/* SPDX-License-Identifier: Apache-2.0 */
/* A C library whose start of thread_local destructors is a stub: accepted, and never called. */
int __cxa_thread_atexit(void (*destructor)(void *), void *object, void *library) {
  (void)destructor;
  (void)object;
  (void)library;
  return 0;
}
