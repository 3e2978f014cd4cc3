/*
 * The floor of every figure about time: a loop that does nothing but wake up every ten milliseconds,
 * on one processor, with a real-time priority. When even this one is late, the machine stood still.
 *
 * Usage: floor CPU SECONDS. One line for each time that it woke more than LATE_NANOS late: when it
 * should have woken and when it did, both CLOCK_MONOTONIC in nanoseconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PERIOD_NANOS 10000000LL
#define LATE_NANOS 20000000LL
#define SECOND_NANOS 1000000000LL

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND_NANOS + t.tv_nsec;
}

int main(int count, char **words) {
  if (count != 3) {
    fprintf(stderr, "usage: floor CPU SECONDS\n");
    return 2;
  }
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(atoi(words[1]), &cpus);
  struct sched_param priority = {.sched_priority = 50};
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) {
    perror("floor: sched_setaffinity");
    return 1;
  }
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
    perror("floor: sched_setscheduler(SCHED_FIFO)");
    return 1;
  }
  mlockall(MCL_CURRENT | MCL_FUTURE);
  long long due = now();
  long long end = due + atoi(words[2]) * SECOND_NANOS;
  while (due < end) {
    due += PERIOD_NANOS;
    struct timespec until = {.tv_sec = due / SECOND_NANOS, .tv_nsec = due % SECOND_NANOS};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
    long long woken = now();
    if (woken - due > LATE_NANOS) {
      printf("%lld %lld\n", due, woken);
      due = woken;
    }
  }
  return 0;
}
