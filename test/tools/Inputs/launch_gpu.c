/* Launches the bundle llama3_8b on a stand-in for the CUDA driver and tells what reached it. Everything but the driver is real. */
#include "llama3_8b.h"
#include "test/unit/runtime/fake_cuda.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static attn_view make_view(char *data, int64_t heads, int64_t length) {
  attn_view view = {0, {0}, {0}};
  view.data = data;
  view.shape[0] = 1, view.shape[1] = heads, view.shape[2] = length, view.shape[3] = 128;
  view.strides[0] = heads * length * 128, view.strides[1] = length * 128, view.strides[2] = 128, view.strides[3] = 1;
  return view;
}

int main(void) {
  char message[512] = "";
  void *library = dlopen(getenv("ATTN_CUDA_DRIVER"), RTLD_NOW);
  fake_cuda *cuda = (fake_cuda *)dlsym(library, "fake_cuda_state");
  void (*reset)(void), (*own)(const void *, int64_t, int);
  *(void **)&reset = dlsym(library, "fake_cuda_reset");
  *(void **)&own = dlsym(library, "fake_cuda_own");
  reset();
  cuda->capability = atoi(getenv("CAPABILITY"));
  cuda->refuse_cubin = getenv("DAMAGED") != NULL;
  cuda->argument_words = 36;
  char *memory = (char *)aligned_alloc(256, 16 << 20);
  own(memory, 16 << 20, 0);
  llama3_8b_args args = {make_view(memory, 32, 200), make_view(memory + (4 << 20), 8, 300), make_view(memory + (8 << 20), 8, 300),
                         make_view(memory + (12 << 20), 32, 200)};
  int64_t bytes = -1;
  if (llama3_8b_workspace_bytes(&args, 0, &bytes, message, sizeof message) || llama3_8b_launch(&args, 0, NULL, NULL, 0, message, sizeof message)) {
    printf("refused: %s\n", message);
    return 0;
  }
  args.q.data = memory + 2;
  if (llama3_8b_launch(&args, 0, NULL, NULL, 0, message, sizeof message))
    return 1;
  for (int index = 0; index < cuda->launches; ++index) {
    const fake_launch *launch = &cuda->launch[index];
    printf("%s from %s: %u blocks of %u, argument block %s\n", launch->function, launch->is_ptx ? "PTX" : "cubin", launch->grid[0], launch->block[0],
           launch->words[9] == (int64_t)(intptr_t)args.k.data && launch->words[35] == 1 ? "right" : "WRONG");
  }
  printf("workspace %d, allocated %d\n", (int)bytes, cuda->allocated);
  args.v.shape[2] = 299;
  printf("%d: ", llama3_8b_launch(&args, 0, NULL, NULL, 0, message, sizeof message));
  printf("%s\n", message);
  llama3_8b_unload();
  return 0;
}
