#include "CLinux.h"

ssize_t sluice_accept(int fd, struct sockaddr_storage *from) {
    socklen_t length = sizeof *from;
    SLUICE_RETRY(accept4(fd, (struct sockaddr *)from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}
