#pragma once
// Linux calls that the toolchain's Glibc module leaves out. No _GNU_SOURCE here: it changes fd_set and breaks files that
// also import Dispatch; GNU-only calls live in CPlat.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
