// What Swift does not import of the GNU C library.
#pragma once
#include <spawn.h>

/// pipe2 with O_CLOEXEC. Returns 0, or -1 with errno set.
int processes_pipe(int ends[2]);

/// The child closes every descriptor from `first` on. Returns 0 or an errno.
int processes_close_from(posix_spawn_file_actions_t *actions, int first);
