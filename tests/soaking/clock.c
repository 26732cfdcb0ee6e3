/* A clock that can be set wrong or stopped for one process: preloaded, and told by a file of four 64-bit numbers:
 *   0  what the wall clock is ahead by, ns        1  the same for the monotonic clock
 *   2  where the wall clock stands still, ns; 0: it goes      3  the same for the monotonic clock
 * The machine's own clock belongs to everybody on it. Only for tests/soak. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t* told;
static int64_t latest[16]; /* of each clock that never runs backwards, whatever is told */

__attribute__((constructor)) static void begin(void) {
    const char* const path = getenv("SOAK_CLOCK");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void* const at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) told = at;
    close(fd);
}

int clock_gettime(clockid_t id, struct timespec* to) {
    const int done = (int)syscall(SYS_clock_gettime, id, to);
    if (done != 0 || !told) return done;
    const int wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
    const int steady = id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_BOOTTIME;
    if (!wall && !steady) return done;
    const int64_t stands = told[wall ? 2 : 3];
    int64_t ns = stands ? stands : (int64_t)to->tv_sec * 1000000000 + to->tv_nsec + told[wall ? 0 : 1];
    if (steady) {
        int64_t* const last = &latest[id];
        int64_t before = __atomic_load_n(last, __ATOMIC_RELAXED);
        while (ns > before && !__atomic_compare_exchange_n(last, &before, ns, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        }
        if (ns < before) ns = before;
    }
    to->tv_sec = ns / 1000000000;
    to->tv_nsec = ns % 1000000000;
    return 0;
}

int gettimeofday(struct timeval* to, void* zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    to->tv_sec = now.tv_sec;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t* to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
