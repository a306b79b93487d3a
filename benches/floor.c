/* The floor: N times /bin/true, P at a time, by posix_spawn and waitpid alone. */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 1000, p = argc > 2 ? atoi(argv[2]) : 2, running = 0;
    char *args[] = {"true", 0}, *env[] = {"PATH=/usr/bin:/bin", 0};
    while (n > 0 || running > 0) {
        pid_t pid;
        if (n > 0 && running < p) {
            if (posix_spawn(&pid, "/bin/true", 0, 0, args, env)) return 1;
            n--, running++;
        } else if (waitpid(-1, 0, 0) > 0) {
            running--;
        }
    }
    return 0;
}
