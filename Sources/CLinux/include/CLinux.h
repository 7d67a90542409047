// What Swift's Glibc module lacks: headers it leaves out, macros it cannot import, and calls
// that report their error as a negative number instead of through errno. Interrupted calls are
// repeated here, once for all callers.
#ifndef SLUICE_CLINUX_H
#define SLUICE_CLINUX_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SLUICE_RETRY(call)                                                                        \
    do {                                                                                          \
        ssize_t result;                                                                           \
        do {                                                                                      \
            result = (ssize_t)(call);                                                             \
        } while (result < 0 && errno == EINTR);                                                   \
        return result < 0 ? -errno : result;                                                      \
    } while (0)

// Sockets. Each returns a non-negative result, or a negated errno.

// The calls of every request go past the C library's wrappers: those are cancellation points, which
// cost two atomic exchanges a call in a process with threads (pthreads(7)); nothing cancels ours.
static inline ssize_t sluice_receive(int fd, void *to, size_t count) {
    SLUICE_RETRY(syscall(SYS_recvfrom, fd, to, count, 0, NULL, NULL));
}

static inline ssize_t sluice_peek(int fd, void *to, size_t count) {
    SLUICE_RETRY(recv(fd, to, count, MSG_PEEK | MSG_DONTWAIT));
}

static inline ssize_t sluice_send(int fd, const void *from, size_t count, int flags) {
    SLUICE_RETRY(syscall(SYS_sendto, fd, from, count, flags | MSG_NOSIGNAL, NULL, 0));
}

static inline ssize_t sluice_send_two(int fd, const void *first, size_t first_count,
                                      const void *second, size_t second_count, int flags) {
    struct iovec parts[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
    struct msghdr message = {0};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    SLUICE_RETRY(syscall(SYS_sendmsg, fd, &message, flags | MSG_NOSIGNAL));
}

// Not inlined: declared for _GNU_SOURCE alone, which importers do not define.
ssize_t sluice_accept(int fd, struct sockaddr_storage *from);
// A pipe of at least so many bytes, if the system lets it be; both ends do not block.
ssize_t sluice_pipe(int ends[2], int size);
// Moves bytes from one descriptor to another, of which one is a pipe.
ssize_t sluice_splice(int from, int to, size_t count);

static inline ssize_t sluice_socket(int family, int type) {
    SLUICE_RETRY(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

static inline ssize_t sluice_connect(int fd, const struct sockaddr_storage *to, socklen_t length) {
    SLUICE_RETRY(connect(fd, (const struct sockaddr *)to, length));
}

static inline ssize_t sluice_bind(int fd, const struct sockaddr_storage *to, socklen_t length) {
    SLUICE_RETRY(bind(fd, (const struct sockaddr *)to, length));
}

static inline ssize_t sluice_listen(int fd, int backlog) { SLUICE_RETRY(listen(fd, backlog)); }

static inline ssize_t sluice_local_address(int fd, struct sockaddr_storage *to) {
    socklen_t length = sizeof *to;
    SLUICE_RETRY(getsockname(fd, (struct sockaddr *)to, &length));
}

static inline ssize_t sluice_peer_address(int fd, struct sockaddr_storage *to) {
    socklen_t length = sizeof *to;
    SLUICE_RETRY(getpeername(fd, (struct sockaddr *)to, &length));
}

static inline ssize_t sluice_set_option(int fd, int level, int name, int value) {
    SLUICE_RETRY(setsockopt(fd, level, name, &value, sizeof value));
}

static inline ssize_t sluice_get_option(int fd, int level, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    SLUICE_RETRY(getsockopt(fd, level, name, &value, &length) < 0 ? -1 : value);
}

static inline ssize_t sluice_shutdown(int fd, int how) { SLUICE_RETRY(shutdown(fd, how)); }

// A close is never repeated: the descriptor is gone even when the call was interrupted.
static inline int sluice_close(int fd) { return close(fd) < 0 ? -errno : 0; }

// epoll, eventfd, inotify.

static inline ssize_t sluice_epoll_create(void) { SLUICE_RETRY(epoll_create1(EPOLL_CLOEXEC)); }

static inline ssize_t sluice_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    SLUICE_RETRY(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static inline ssize_t sluice_epoll_remove(int epoll, int fd) {
    SLUICE_RETRY(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
}

// An interrupted wait is an empty one: the loop turns and computes its timeout anew.
static inline int sluice_epoll_wait(int epoll, struct epoll_event *events, int count,
                                    int milliseconds) {
    // As a plain epoll_wait, which not every architecture has; the last two are no signal mask.
    int result = (int)syscall(SYS_epoll_pwait, epoll, events, count, milliseconds, NULL, 0);
    if (result >= 0) return result;
    return errno == EINTR ? 0 : -errno;
}

static inline uint64_t sluice_epoll_data(const struct epoll_event *event) {
    return event->data.u64;
}

static inline ssize_t sluice_eventfd(void) { SLUICE_RETRY(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

static inline ssize_t sluice_eventfd_signal(int fd) {
    uint64_t one = 1;
    SLUICE_RETRY(write(fd, &one, sizeof one));
}

static inline ssize_t sluice_eventfd_clear(int fd) {
    uint64_t count = 0;
    SLUICE_RETRY(read(fd, &count, sizeof count));
}

static inline ssize_t sluice_timerfd(void) {
    SLUICE_RETRY(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
}

static inline ssize_t sluice_timerfd_set(int fd, int64_t nanoseconds) {
    const struct itimerspec at = {
        .it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    SLUICE_RETRY(timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL));
}

static inline ssize_t sluice_inotify(void) {
    SLUICE_RETRY(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

static const uint32_t SLUICE_EPOLLET = 1u << 31;
// Of those that watch a descriptor together, few are woken by an event.
static const uint32_t SLUICE_EPOLLEXCLUSIVE = 1u << 28;

// The name is cut to the 15 bytes that the kernel keeps.
void sluice_name_thread(pthread_t thread, const uint8_t *name);

// Lets go of the pages of the program's code that are in memory: those that are needed come back
// from the system's cache, the others, which only the start needed, do not.
void sluice_give_back_code(void);

// Clocks, in nanoseconds.

static inline int64_t sluice_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t sluice_wall_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// An errno left by the call just made, for calls that have no wrapper here.
static inline int sluice_errno(void) { return errno; }

// Files and processes, not on the data path. Each returns a non-negative result, or a negated
// errno, where nothing else is said.

ssize_t sluice_wait_readable(int fd, int milliseconds);
// Reads and drops what waits.
ssize_t sluice_drain(int fd);
// A blocking socket, connected to a path that fits into sun_path; EAGAIN when those who want to
// connect are so many that it would wait longer.
ssize_t sluice_connect_unix(const char *path, int seconds);
ssize_t sluice_make_blocking(int fd);
// A file that is made is its owner's alone.
ssize_t sluice_open(const char *path, int flags);
ssize_t sluice_read(int fd, void *to, size_t count);
ssize_t sluice_write(int fd, const void *from, size_t count);
// A file that only grows; one that is made has exactly this mode. ENXIO for a pipe that nobody
// reads.
ssize_t sluice_open_log(const char *path, mode_t mode);
// Another descriptor, above the three standard ones, for what `fd` has open.
ssize_t sluice_duplicate(int fd);
int sluice_is_regular_file(int fd);
// Waits until one descriptor can be read, or the other one written to; either may be -1.
ssize_t sluice_wait_either(int readable, int writable, int milliseconds);
// Random bytes of the system, at most 256 of them.
ssize_t sluice_random(void *to, size_t count);
// EWOULDBLOCK when another process has the lock.
ssize_t sluice_lock(int fd);
// Swaps two names in one step (RENAME_EXCHANGE).
ssize_t sluice_exchange(const char *one, const char *other);
ssize_t sluice_group_number(const char *name);
// Writes the name of a user, at most `count` bytes of it, and returns its length; 0 for nobody.
ssize_t sluice_user_name(uint32_t number, uint8_t *to, size_t count);
// How many names a folder holds; 0 when it cannot be read.
ssize_t sluice_count_entries(const char *folder);
// User and system time of the process.
int64_t sluice_cpu_microseconds(void);
int sluice_processor_count(void);

// The terminal of standard input and output, of which there is one. Keys come one by one and unseen
// from here on, and the whole screen is ours; -errno where there is no terminal.
int sluice_terminal_begin(void);
// As it was before; also called for signals that end the process.
void sluice_terminal_end(void);
// Columns in the upper 16 bits, rows in the lower ones; 0 where that is not known.
int sluice_terminal_size(void);
// Waits for a key: its byte, -1 when none came in time, -2 when none will ever come.
int sluice_terminal_key(int milliseconds);
// What signals have said since the last call: 1 for another size, 2 for an end, and the number of
// the signal that asked for it in the upper 16 bits.
int sluice_terminal_signals(void);

// Service managers and users, not on the data path. The same results.

// A datagram to a Unix socket; an address that begins with `@` is of the abstract namespace.
ssize_t sluice_notify(int fd, const char *address, const void *text, size_t count);
// A Unix datagram socket that does not block.
static inline ssize_t sluice_unix_datagrams(void) { return sluice_socket(AF_UNIX, SOCK_DGRAM); }
// The path of a Unix socket, at most `count` bytes of it; its length, 0 for none.
ssize_t sluice_local_path(int fd, uint8_t *to, size_t count);
// Lets a descriptor not block, and end with this program.
ssize_t sluice_take_over(int fd);
// The numbers of a user, by name, and of its group. ENOENT for nobody.
ssize_t sluice_find_user(const char *name, uint32_t *user, uint32_t *group);
// The same by number; the group is UINT32_MAX where the user has no entry.
ssize_t sluice_find_user_number(uint32_t user, uint32_t *group);
// Becomes another user, with these groups alone, for good: of root's capabilities at most that of
// binding ports below 1024 stays, if it was there.
ssize_t sluice_become(uint32_t user, uint32_t group, const uint32_t *groups, size_t count);
// Whether root can be had again, or any capability but that one is left.
int sluice_is_still_privileged(void);
// Whether this thread may bind ports below 1024.
int sluice_may_bind_low_ports(void);
// Whether the clock is set by others; negative when the system does not say.
int sluice_is_clock_synchronised(void);
// The kind of file system that a path is on, as statfs(2) numbers it; 0 where it cannot be told.
uint64_t sluice_file_system(const char *path);
// Who owns a file; UINT32_MAX where it cannot be told.
uint32_t sluice_owner(const char *path);

static inline void sluice_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

#endif
