#ifndef FAREBOX_CSCHEDULER_SHIM_H
#define FAREBOX_CSCHEDULER_SHIM_H
/* sched_setattr(2), which glibc 2.36 does not declare, and which Swift cannot reach through the
 * variadic syscall(2). */
#ifdef __linux__
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Gives the calling thread a niceness and asks for a slice of so many nanoseconds: 100,000 to
 * 100,000,000 are heeded, from Linux 6.12 on; earlier ones look at the niceness alone. The policy
 * stays what it is. 0 when it was done. */
static inline int farebox_set_slice(int32_t niceness, uint64_t nanoseconds) {
  const uint64_t keep_policy = 0x08; /* SCHED_FLAG_KEEP_POLICY */
  /* The first version of struct sched_attr, which every kernel takes. */
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t niceness;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes = {
      .size = 48, .flags = keep_policy, .niceness = niceness, .runtime = nanoseconds};
  return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}
#endif
#endif
