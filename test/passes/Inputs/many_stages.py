"""Prints a kernel with as many stages as the argument says."""

import sys

count = int(sys.argv[1])
if count > 32:
    print(f"// expected-error @below {{{{expected at most 32 stages in a kernel, but got {count}}}}}")
print('func.func @f(%n: index) attributes {attn.target = #attn.target<"x86-64-v3">} {')
for number in range(count):
    print(f'  attn.parallel "stage{number}" (%i{number}) = (%n) {{\n  }}')
print("  return\n}")
