//===- SanitizerOptions.cpp - what these tests do on purpose --------------===//

/// The children of forks start threads of their own; too large an allocation is an error that the library reports.
extern "C" const char *__tsan_default_options() { return "die_after_fork=0:allocator_may_return_null=1"; }
