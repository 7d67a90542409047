// The HTTP origin behind every proxy that is measured: one epoll thread, keep-alive, pipelining.
//
// "GET /1m" answers with 1 MiB, "GET /256m" with 256, everything else with "hello\n". Requests
// carry no body.
//
// Usage: origin COUNT [kong]         prints "port N" for each of COUNT listeners on 127.0.0.1;
//                                    with `kong` answers have the fields that Kong 3.4 adds.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCRATCH_BYTES = 64 * 1024, BATCH = 256, BACKLOG = 4096, MIB = 1 << 20, QUEUE = 256 };

struct answer {
    char *bytes;
    size_t count;
};

struct connection {
    int fd;
    bool listener, closing, dead;
    char *partial;                       // a head that has not ended yet
    size_t partial_count;
    const struct answer *queue[QUEUE];   // answers owed, in order
    int queued;
    size_t sent;                         // of queue[0]
    struct connection *next_dead;
};

static char scratch[2 * SCRATCH_BYTES];
static struct answer small, large, huge;
static bool is_kong;
static int epoll_fd;
static struct connection *dead_connections;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static struct answer make_answer(const char *type, size_t count, const char *text) {
    struct answer answer = {.bytes = malloc(512 + count)};
    if (!answer.bytes) fail("malloc");
    int head = snprintf(answer.bytes, 512,
                        "HTTP/1.1 200 OK\r\n"
                        "Server: origin\r\n"
                        "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                        "Content-Type: %s\r\n"
                        "Content-Length: %zu\r\n"
                        "%s"
                        "\r\n",
                        type, count,
                        is_kong ? "Connection: keep-alive\r\n"
                                  "X-Kong-Upstream-Latency: 12\r\n"
                                  "X-Kong-Proxy-Latency: 1\r\n"
                                  "Via: kong/3.4.1\r\n"
                                : "X-Kong-Proxy-Latency: 1\r\n");
    if (text) memcpy(answer.bytes + head, text, count);
    else memset(answer.bytes + head, 'x', count);
    answer.count = (size_t)head + count;
    return answer;
}

static void end_connection(struct connection *connection) {
    if (connection->dead) return;
    connection->dead = true;
    close(connection->fd);
    connection->next_dead = dead_connections;
    dead_connections = connection;
}

static void free_dead_connections(void) {
    while (dead_connections) {
        struct connection *connection = dead_connections;
        dead_connections = connection->next_dead;
        free(connection->partial);
        free(connection);
    }
}

// Sends what is owed until the socket would block; false when it blocked or the connection ended.
static bool flush_answers(struct connection *connection) {
    while (connection->queued > 0) {
        const struct answer *answer = connection->queue[0];
        int more = connection->queued > 1 ? MSG_MORE : 0;
        ssize_t sent = send(connection->fd, answer->bytes + connection->sent,
                            answer->count - connection->sent, MSG_NOSIGNAL | more);
        if (sent < 0) {
            if (errno != EAGAIN) end_connection(connection);
            return false;
        }
        connection->sent += (size_t)sent;
        if (connection->sent < answer->count) continue;
        connection->sent = 0;
        connection->queued--;
        memmove(connection->queue, connection->queue + 1,
                (size_t)connection->queued * sizeof connection->queue[0]);
    }
    if (connection->closing) end_connection(connection);
    return !connection->dead;
}

static const struct answer *choose_answer(const char *head, size_t length) {
    if (length > 8 && memcmp(head, "GET /1m ", 8) == 0) return &large;
    if (length < 10 || memcmp(head, "GET /256m ", 10) != 0) return &small;
    // Memory that only those have who ask for it.
    if (!huge.bytes) huge = make_answer("application/octet-stream", (size_t)256 * MIB, NULL);
    return &huge;
}

// Queues one answer for each whole head in the bytes; returns how many bytes those heads took.
static size_t take_requests(struct connection *connection, const char *bytes, size_t count) {
    size_t start = 0;
    while (start < count && connection->queued < QUEUE && !connection->closing) {
        const char *head = bytes + start;
        const char *end = memmem(head, count - start, "\r\n\r\n", 4);
        if (!end) break;
        size_t length = (size_t)(end - head) + 4;
        connection->queue[connection->queued++] = choose_answer(head, length);
        // Misses the first letter, which proxies write in either case.
        connection->closing = memmem(head, length, "onnection: close", 16) != NULL;
        start += length;
    }
    return start;
}

static void read_requests(struct connection *connection) {
    for (;;) {
        size_t kept = connection->partial_count;
        if (kept > 0) memcpy(scratch, connection->partial, kept);
        ssize_t count = recv(connection->fd, scratch + kept, SCRATCH_BYTES, 0);
        if (count <= 0) {
            if (count == 0 || errno != EAGAIN) end_connection(connection);
            return;
        }
        size_t total = kept + (size_t)count;
        size_t used = take_requests(connection, scratch, total);
        size_t rest = total - used;
        if (rest > SCRATCH_BYTES) return end_connection(connection);
        if (rest > 0) {
            char *partial = realloc(connection->partial, rest);
            if (!partial) return end_connection(connection);
            memcpy(partial, scratch + used, rest);
            connection->partial = partial;
        }
        connection->partial_count = rest;
        if (!flush_answers(connection) || count < SCRATCH_BYTES) return;
    }
}

static void handle(struct connection *connection, unsigned events) {
    if (connection->dead) return;
    if ((events & EPOLLOUT) && connection->queued > 0 && !flush_answers(connection)) return;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_requests(connection);
}

static void watch(struct connection *connection, unsigned events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail("epoll_ctl");
}

static void accept_all(struct connection *listener) {
    int fd;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) fail("calloc");
        connection->fd = fd;
        watch(connection, EPOLLIN | EPOLLOUT | EPOLLET);
    }
}

static void open_listener(void) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct connection *listener = calloc(1, sizeof *listener);
    if (!listener) fail("calloc");
    listener->listener = true;
    listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(listener->fd, (struct sockaddr *)&address, length) < 0) fail("bind");
    if (listen(listener->fd, BACKLOG) < 0) fail("listen");
    getsockname(listener->fd, (struct sockaddr *)&address, &length);
    watch(listener, EPOLLIN);
    printf("port %d\n", ntohs(address.sin_port));
}

int main(int argc, char **argv) {
    int listeners = argc > 1 ? atoi(argv[1]) : 1;
    is_kong = argc > 2 && strcmp(argv[2], "kong") == 0;
    signal(SIGPIPE, SIG_IGN);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    small = make_answer("text/plain", 6, "hello\n");
    large = make_answer("application/octet-stream", MIB, NULL);
    for (int i = 0; i < listeners; i++) open_listener();
    fflush(stdout);
    struct epoll_event events[BATCH];
    for (;;) {
        int count = epoll_wait(epoll_fd, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection->listener) accept_all(connection);
            else handle(connection, events[i].events);
        }
        free_dead_connections();
    }
}
