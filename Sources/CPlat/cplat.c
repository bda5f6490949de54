#define _GNU_SOURCE
#include "cplat.h"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int cplat_pipe_cloexec(int fds[2]) { return pipe2(fds, O_CLOEXEC); }
int cplat_spawn_closefrom(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
int cplat_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}
int cplat_wifexited(int status) { return WIFEXITED(status); }
int cplat_wexitstatus(int status) { return WEXITSTATUS(status); }
int cplat_wifsignaled(int status) { return WIFSIGNALED(status); }
int cplat_wtermsig(int status) { return WTERMSIG(status); }
int cplat_set_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
