#include "CLinux.h"

ssize_t sluice_accept(int fd, struct sockaddr_storage *from) {
    socklen_t length = sizeof *from;
    SLUICE_RETRY(accept4(fd, (struct sockaddr *)from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

void sluice_name_thread(pthread_t thread, const uint8_t *name) {
    char kept[16] = {0};
    strncpy(kept, (const char *)name, sizeof kept - 1);
    pthread_setname_np(thread, kept);
}
