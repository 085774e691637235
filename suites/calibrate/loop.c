/* SPDX-License-Identifier: Apache-2.0
 * A fixed amount of integer and memory work, to see how fast a place is. Exits with 0 if the sum is right. */
static unsigned table[4096];

int main(void) {
  unsigned sum = 1;
  for (unsigned round = 0; round < 500; ++round) {
    for (unsigned at = 0; at < 4096; ++at) {
      sum = sum * 1664525u + 1013904223u + table[(sum >> 8) & 4095u];
      table[at] = sum ^ round;
    }
  }
  return sum == 0;
}
