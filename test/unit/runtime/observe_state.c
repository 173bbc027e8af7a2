/* observe_state.c: a kernel whose one task writes down in which floating-point state it runs. */
#define attn_support_stages observe_stages
#define attn_support_task observe_task
#define attn_support_check observe_check
#define attn_support_run observe_run
#define attn_bundle_kernel observe_kernel
#define attn_bundle_check observe_bundle_check
#define attn_bundle_plan observe_bundle_plan
#define attn_bundle_run observe_bundle_run
#include "codegen/cpu/BundleSupport.c"

static void observe(const void *args, void *workspace, void *scratch, int64_t index) {
  float *seen = (float *)args;
  volatile float tiny = 1e-30f, one = 1.0f, more = 0x1.8p-24f, denormal = 1e-40f;
  (void)workspace, (void)scratch, (void)index;
  seen[0] = tiny * 1e-10f;
  seen[1] = one + more;
  seen[2] = denormal * 1e30f;
}

const attn_stage_fn observe_stages[] = {observe};
const attn_kernel observe_kernel;
