/* Options of the address sanitizer for every program of a sanitizer build. The LLVM libraries are not instrumented but share inline functions with
   ours: memory that our copy of a function poisons or marks as unused would be reported where theirs uses it. Too large an allocation is an error
   that we report ourselves. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allow_user_poisoning=0:detect_container_overflow=0:allocator_may_return_null=1"; }
