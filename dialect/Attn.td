//===- Attn.td - everything of the dialect -----------------*- tablegen -*-===//

include "dialect/AttnAttrs.td"
include "dialect/masks/Masks.td"
include "dialect/normalizers/Normalizers.td"
include "dialect/AttnTypes.td"
include "dialect/AttnOps.td"
include "dialect/AttnOnlineOps.td"
include "dialect/AttnTileOps.td"
include "dialect/AttnScheduleOps.td"
