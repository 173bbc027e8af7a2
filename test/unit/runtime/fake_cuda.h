/* fake_cuda.h: what a test can ask of the library that stands in for the CUDA driver (fake_cuda.c). */
#ifndef ATTN_TEST_FAKE_CUDA_H
#define ATTN_TEST_FAKE_CUDA_H

#include <stdint.h>

#define FAKE_MAX_LAUNCHES 4096

typedef struct fake_launch {
  char function[96];
  int device;     /* of the module that holds the function */
  int is_ptx;     /* whether that module was compiled from PTX */
  int in_context; /* whether a context of that device was current */
  unsigned grid[3], block[3], shared;
  void *stream;
  int64_t words[64]; /* the beginning of the argument block */
  void *workspace;
  int tasks;            /* of a function with "persistent" in its name */
  uint64_t maps[4][16]; /* of a function with "maps" in its name */
  int attribute;        /* the attribute it was launched with; 0: none */
} fake_launch;

/* A tensor map as the fake writes it: what it was made from. */
typedef struct fake_map {
  uint64_t address, sizes[5], strides[4];
  uint8_t type, rank, interleave, swizzle, promotion, fill;
  uint16_t box[5];
} fake_map;

typedef struct fake_cuda {
  /* What it shall do. */
  int devices;
  int capability;       /* of device 0 */
  int other_capability; /* of all others */
  int multiprocessors;
  int init_result;
  int refuse_cubin, refuse_ptx, refuse_maps, refuse_launch, refuse_memory, refuse_function, refuse_function_of_cubin;
  int capturing;          /* all streams are being captured */
  int64_t argument_words; /* how many are copied to fake_launch.words */
  /* What it did. */
  int modules_loaded, modules_unloaded, cubins_tried, ptx_tried, contexts_retained, pushed, popped, synchronized;
  int allocated, released, filled, allocated_in_capture, attributes_set;
  int launches;
  fake_launch launch[FAKE_MAX_LAUNCHES];
} fake_cuda;

#endif /* ATTN_TEST_FAKE_CUDA_H */
