#pragma once
// C that must be C: GNU-only calls (their macros break the Glibc module when seen from a shim header), variadic functions
// and function-like macros that the Swift importer does not show. Every name starts with cplat_.
#include <spawn.h>
#include <sys/types.h>

/// close-on-exec pipe: fds[0] read end, fds[1] write end. 0 or -1 with errno.
int cplat_pipe_cloexec(int fds[2]);
/// posix_spawn file action: close every descriptor >= from in the child. 0 or an errno value.
int cplat_spawn_closefrom(posix_spawn_file_actions_t *actions, int from);
/// posix_spawn file action: change the working directory in the child. 0 or an errno value.
int cplat_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path);
/// Wait-status macros as functions.
int cplat_wifexited(int status);
int cplat_wexitstatus(int status);
int cplat_wifsignaled(int status);
int cplat_wtermsig(int status);
/// Takes this process out of core dumps and out of ptrace's reach for its own user. 0 or -1 with errno.
int cplat_set_undumpable(void);
