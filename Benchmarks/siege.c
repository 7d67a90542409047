// Holds connections that bring a proxy no work worth doing, and replaces those that it closes.
//
// Usage: siege PORT SLOW IDLE DEAF SECONDS
//   SLOW  heads that get a byte a second, each at its own time of the second
//   IDLE  connections that send nothing
//   DEAF  clients that ask for 16 MiB and never read
// It opens OPENED_PER_TICK connections a millisecond, prints "complete" when each stands, and
// holds them until stdin ends, or for SECONDS; then it prints how many it replaced.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OPENED_PER_TICK = 5, BATCH = 256, DEAF_REQUESTS = 16, DEAF_BUFFER_BYTES = 4096 };

#define SLOW_HEAD "GET / HTTP/1.1\r\nHost: siege\r\nX-Slow: "
#define LARGE "GET /1m HTTP/1.1\r\nHost: siege\r\n\r\n"

enum kind { SLOW, IDLE, DEAF };

struct connection {
    int fd;         // -1: to be opened
    bool greeted;   // has sent what its kind begins with
};

static int port, epoll_fd, count, slow_count, idle_count;
static struct connection *connections;
static int *waiting, waiting_count;     // whom to open: a stack of indices
static long long replaced;
static char greeting_of_deaf[DEAF_REQUESTS * sizeof LARGE];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static long long milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static enum kind kind_of(int index) {
    return index < slow_count ? SLOW : index < slow_count + idle_count ? IDLE : DEAF;
}

static void replace(int index) {
    close(connections[index].fd);
    connections[index] = (struct connection){ .fd = -1 };
    waiting[waiting_count++] = index;
    replaced++;
}

static void greet(int index) {
    enum kind kind = kind_of(index);
    connections[index].greeted = true;
    if (kind == IDLE) return;
    const char *text = kind == SLOW ? SLOW_HEAD : greeting_of_deaf;
    if (send(connections[index].fd, text, strlen(text), MSG_NOSIGNAL) < 0) replace(index);
}

static void open_connection(int index) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    bool deaf = kind_of(index) == DEAF;
    int size = DEAF_BUFFER_BYTES;
    if (deaf) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };
    connections[index] = (struct connection){ .fd = fd };
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
        replace(index);
        return;
    }
    struct epoll_event event = {
        .events = EPOLLET | EPOLLOUT | EPOLLRDHUP | (deaf ? 0 : EPOLLIN), .data.u32 = index
    };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void take(struct epoll_event event) {
    int index = event.data.u32;
    if (event.events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
        replace(index);
        return;
    }
    if (event.events & EPOLLIN) {
        char scratch[4096];
        ssize_t got = recv(connections[index].fd, scratch, sizeof scratch, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            replace(index);
            return;
        }
    }
    if ((event.events & EPOLLOUT) && !connections[index].greeted) greet(index);
}

// The bytes that fell due between two times, in milliseconds since the start.
static void send_bytes(long long from, long long to) {
    if (to - from > 1000) from = to - 1000;
    for (long long slot = from * slow_count / 1000; slot < to * slow_count / 1000; slot++) {
        struct connection *connection = &connections[slot % slow_count];
        if (connection->fd < 0 || !connection->greeted) continue;
        // A failure comes as an event too.
        if (send(connection->fd, "x", 1, MSG_NOSIGNAL) < 0) continue;
    }
}

// What happens until `end`, the next millisecond.
static void take_events(long long end) {
    static struct epoll_event events[BATCH];
    long long left = end - milliseconds();
    int found = epoll_wait(epoll_fd, events, BATCH, left > 0 ? (int)left : 0);
    for (int event = 0; event < found; event++) {
        // Standard input has ended, or said something: either way it is over.
        if (events[event].data.u32 == (unsigned)count) {
            printf("%lld\n", replaced);
            exit(0);
        }
        take(events[event]);
    }
}

static void besiege(long long limit) {
    long long start = milliseconds(), at = 0;
    bool complete = false;
    while (at < limit) {
        take_events(start + at + 1);
        long long next = milliseconds() - start;
        if (next == at) continue;
        for (int opened = 0; opened < OPENED_PER_TICK && waiting_count > 0; opened++)
            open_connection(waiting[--waiting_count]);
        if (slow_count > 0) send_bytes(at, next);
        at = next;
        if (!complete && waiting_count == 0) {
            complete = true;
            puts("complete");
        }
    }
}

int main(int argc, char **argv) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 6) {
        fputs("usage: siege PORT SLOW IDLE DEAF SECONDS\n", stderr);
        return 2;
    }
    port = atoi(argv[1]), slow_count = atoi(argv[2]), idle_count = atoi(argv[3]);
    count = slow_count + idle_count + atoi(argv[4]);
    connections = calloc(count, sizeof *connections);
    waiting = calloc(count, sizeof *waiting);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!connections || !waiting || epoll_fd < 0) fail("siege");
    for (int request = 0; request < DEAF_REQUESTS; request++) strcat(greeting_of_deaf, LARGE);
    for (int index = 0; index < count; index++) {
        connections[index].fd = -1;
        waiting[waiting_count++] = index;
    }
    struct epoll_event input = { .events = EPOLLIN, .data.u32 = count };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &input) < 0) fail("epoll_ctl");
    besiege(atoll(argv[5]) * 1000);
    printf("%lld\n", replaced);
    return 0;
}
