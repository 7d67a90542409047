#include "CLinux.h"

#include <link.h>
#include <sys/file.h>
#include <sys/mman.h>

#include <grp.h>
#include <pwd.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <sys/vfs.h>

ssize_t sluice_accept(int fd, struct sockaddr_storage *from) {
    socklen_t length = sizeof *from;
    SLUICE_RETRY(accept4(fd, (struct sockaddr *)from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

void sluice_name_thread(pthread_t thread, const uint8_t *name) {
    char kept[16] = {0};
    strncpy(kept, (const char *)name, sizeof kept - 1);
    pthread_setname_np(thread, kept);
}

ssize_t sluice_pipe(int ends[2], int size) {
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) return -errno;
    int reached = fcntl(ends[1], F_SETPIPE_SZ, size);
    // There is a limit for all pipes of a user: a smaller one will do.
    return reached > 0 ? reached : fcntl(ends[1], F_GETPIPE_SZ);
}

ssize_t sluice_splice(int from, int to, size_t count) {
    SLUICE_RETRY(splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

// Files and processes: called once in a while.

ssize_t sluice_wait_readable(int fd, int milliseconds) {
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    SLUICE_RETRY(poll(&wanted, 1, milliseconds));
}

ssize_t sluice_drain(int fd) {
    char dropped[4096];
    SLUICE_RETRY(read(fd, dropped, sizeof dropped));
}

ssize_t sluice_connect_unix(const char *path, int seconds) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strncpy(to.sun_path, path, sizeof to.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct timeval limit = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

ssize_t sluice_make_blocking(int fd) { SLUICE_RETRY(fcntl(fd, F_SETFL, 0)); }

ssize_t sluice_open(const char *path, int flags) {
    // Not blocking: a pipe in a file's place must not hold up who opens it.
    SLUICE_RETRY(open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600));
}

ssize_t sluice_read(int fd, void *to, size_t count) { SLUICE_RETRY(read(fd, to, count)); }

ssize_t sluice_write(int fd, const void *from, size_t count) {
    SLUICE_RETRY(write(fd, from, count));
}

ssize_t sluice_open_log(const char *path, mode_t mode) {
    // Not blocking: a pipe that nobody reads is an error, and one that is full must not hold up
    // who has other things to see to.
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    ssize_t fd;
    do {
        fd = open(path, flags | O_EXCL, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0) {
        // The process may run under a mask that takes more away.
        fchmod((int)fd, mode);
        return fd;
    }
    if (errno != EEXIST) return -errno;
    SLUICE_RETRY(open(path, flags, mode));
}

ssize_t sluice_duplicate(int fd) { SLUICE_RETRY(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

int sluice_is_regular_file(int fd) {
    struct stat facts;
    return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

ssize_t sluice_wait_either(int readable, int writable, int milliseconds) {
    // A negative descriptor is passed over.
    struct pollfd wanted[2] = {{.fd = readable, .events = POLLIN},
                               {.fd = writable, .events = POLLOUT}};
    SLUICE_RETRY(poll(wanted, 2, milliseconds));
}

ssize_t sluice_random(void *to, size_t count) { SLUICE_RETRY(getrandom(to, count, 0)); }

ssize_t sluice_lock(int fd) { SLUICE_RETRY(flock(fd, LOCK_EX | LOCK_NB)); }

ssize_t sluice_exchange(const char *one, const char *other) {
    SLUICE_RETRY(renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE));
}

ssize_t sluice_group_number(const char *name) {
    errno = 0;
    const struct group *found = getgrnam(name);
    if (found != NULL) return (ssize_t)found->gr_gid;
    return errno != 0 ? -errno : -EINVAL;
}

ssize_t sluice_user_name(uint32_t number, uint8_t *to, size_t count) {
    char text[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r((uid_t)number, &entry, text, sizeof text, &found) != 0) return 0;
    if (found == NULL) return 0;
    size_t length = strlen(found->pw_name);
    if (length > count) length = count;
    memcpy(to, found->pw_name, length);
    return (ssize_t)length;
}

ssize_t sluice_count_entries(const char *folder) {
    DIR *opened = opendir(folder);
    if (opened == NULL) return 0;
    ssize_t count = 0;
    for (const struct dirent *entry; (entry = readdir(opened)) != NULL;)
        if (entry->d_name[0] != '.') count++;
    closedir(opened);
    return count;
}

int64_t sluice_cpu_microseconds(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

int sluice_processor_count(void) {
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
    return CPU_COUNT(&usable);
}

// The first object is the program itself. Only its code and constants are touched: they are never
// written to, so that the file has every byte of them.
static int give_back_code(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        uintptr_t start = (uintptr_t)(object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (uintptr_t)(object->dlpi_addr + segment->p_vaddr + segment->p_memsz);
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 1;
}

void sluice_give_back_code(void) { dl_iterate_phdr(give_back_code, NULL); }

// Service managers and users.

ssize_t sluice_notify(int fd, const char *address, const void *text, size_t count) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(address);
    if (length == 0 || length >= sizeof to.sun_path) return -EINVAL;
    memcpy(to.sun_path, address, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (address[0] == '@') to.sun_path[0] = 0;
    SLUICE_RETRY(sendto(fd, text, count, MSG_NOSIGNAL, (struct sockaddr *)&to, size));
}

ssize_t sluice_local_path(int fd, uint8_t *to, size_t count) {
    struct sockaddr_un name = {0};
    socklen_t length = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &length) < 0) return -errno;
    if (name.sun_family != AF_UNIX || name.sun_path[0] == 0) return 0;
    size_t used = strnlen(name.sun_path, sizeof name.sun_path);
    if (used > count) used = count;
    memcpy(to, name.sun_path, used);
    return (ssize_t)used;
}

ssize_t sluice_take_over(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
    SLUICE_RETRY(fcntl(fd, F_SETFD, FD_CLOEXEC));
}

ssize_t sluice_find_user(const char *name, uint32_t *user, uint32_t *group) {
    char text[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    int error = getpwnam_r(name, &entry, text, sizeof text, &found);
    if (found == NULL) return error != 0 ? -error : -ENOENT;
    *user = found->pw_uid;
    *group = found->pw_gid;
    return 0;
}

ssize_t sluice_find_user_number(uint32_t user, uint32_t *group) {
    char text[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    int error = getpwuid_r((uid_t)user, &entry, text, sizeof text, &found);
    *group = found != NULL ? found->pw_gid : UINT32_MAX;
    return -error;
}

// The permitted capabilities of this thread; none where they cannot be told.
static uint64_t permitted(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0) return 0;
    return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

static const uint64_t low_ports = 1ull << CAP_NET_BIND_SERVICE;

ssize_t sluice_become(uint32_t user, uint32_t group, const uint32_t *groups, size_t count) {
    const uint64_t kept = permitted() & low_ports;
    gid_t list[32];
    if (count > sizeof list / sizeof *list) return -EINVAL;
    for (size_t index = 0; index < count; index++) list[index] = (gid_t)groups[index];
    // What no program of this process may have again. Without the right to say so it stays as it
    // is, and PR_SET_NO_NEW_PRIVS below does the same.
    for (unsigned long one = 0; one <= 63; one++)
        if (one != CAP_NET_BIND_SERVICE) prctl(PR_CAPBSET_DROP, one, 0, 0, 0);
    if (kept && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -errno;
    // The C library's wrappers change all threads.
    if (setgroups(count, list) < 0) return -errno;
    if (setresgid((gid_t)group, (gid_t)group, (gid_t)group) < 0) return -errno;
    if (setresuid((uid_t)user, (uid_t)user, (uid_t)user) < 0) return -errno;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    data[0].permitted = data[0].effective = (uint32_t)kept;
    if (syscall(SYS_capset, &header, data) < 0) return -errno;
    if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) return -errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
    // The kernel has taken away what a process of that user has from its start: its own /proc.
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    return 0;
}

int sluice_is_still_privileged(void) {
    if (permitted() & ~low_ports) return 1;
    // Each of these has to fail. One that does not leaves root, and the caller ends the process.
    return setresuid(0, 0, 0) == 0 || seteuid(0) == 0 || setresgid(0, 0, 0) == 0;
}

int sluice_may_bind_low_ports(void) { return (permitted() & low_ports) != 0; }

int sluice_is_clock_synchronised(void) {
    struct timex now = {0};
    int state = adjtimex(&now);
    if (state < 0) return -errno;
    return state != TIME_ERROR && (now.status & STA_UNSYNC) == 0;
}

uint64_t sluice_file_system(const char *path) {
    struct statfs facts;
    return statfs(path, &facts) < 0 ? 0 : (uint64_t)(uint32_t)facts.f_type;
}

uint32_t sluice_owner(const char *path) {
    struct stat facts;
    return stat(path, &facts) < 0 ? UINT32_MAX : (uint32_t)facts.st_uid;
}
