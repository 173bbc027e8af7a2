//===- Passes.td - the passes, in the order of the path ----*- tablegen -*-===//

#ifndef ATTN_PASSES_TD
#define ATTN_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// normalize
//===----------------------------------------------------------------------===//

def MaterializeDefaults : Pass<"attn-materialize-defaults", "::mlir::func::FuncOp"> {
  let summary = "writes down what a description leaves out";
  let description = [{
    Gives every `attn.attention` its normaliser and its query offset (`Tk - Tq`), so that later passes know one form. The scale stays where it is.

    ```mlir
    %o = attn.attention %q, %k, %v : ...
    // becomes
    %Tq = tensor.dim %q, %c2
    %Tk = tensor.dim %k, %c2
    %offset = arith.subi %Tk, %Tq
    %o = attn.attention %q, %k, %v offset(%offset : index) normalizer = #attn.softmax : ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def ConvertToOnline : Pass<"attn-convert-to-online", "::mlir::func::FuncOp"> {
  let summary = "turns attention into a mergeable partial result that is finalised";
  let description = [{
    Replaces the mask by its segments, and folds the scale and log2(e) into one exponent factor. Where there is score arithmetic, the
    score must be scaled before it: the scale becomes the region's first multiplication, and the factor is log2(e). A mask whose segments need a test
    per element is reported by a remark.

    ```mlir
    %o = attn.attention %q, %k, %v mask = #attn.causal offset(%off : index) normalizer = #attn.softmax : ...
    // becomes
    %p = attn.online_attention %q, %k, %v exponent(%c) offset(%off : index) segments = #attn.segments<...> numbers(%Tq, %Tk) : ...
    %o = attn.finalize %p exponent(%c) : ...
    ```
  }];
  let options = [Option<"budget", "analysis-milliseconds", "unsigned", "200", "time limit of the set analysis of one mask">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def ReportEmptyRows : Pass<"attn-report-empty-rows", "::mlir::func::FuncOp"> {
  let summary = "remarks on rows that see no key";
  let description = [{
    For every `attn.attention` with a mask asks whether there are sizes and numbers for which a row sees nothing, and names one such row as a
    witness. What the description fixes (static lengths, constant numbers) is taken as it is; key lengths are not looked at. Such rows are legal
    (their output is 0), but rarely meant. Changes nothing.

    ```
    remark: a query may see no key: batch 0, head 0, position 0 with Tq = 1, Tk = 1, W = 0
    ```
  }];
  let options = [Option<"budget", "analysis-milliseconds", "unsigned", "200", "time limit of the analysis of one mask">];
}

//===----------------------------------------------------------------------===//
// tile
//===----------------------------------------------------------------------===//

def TileFunctions : Pass<"attn-tile-functions", "::mlir::func::FuncOp"> {
  let summary = "turns a function on tensors into stages of loops over tiles";
  let description = [{
    Tensors become strided memrefs: arguments stay in place, each result becomes a further argument, intermediate tensors live in
    `attn.workspace`. Each attention becomes a family of `attn.parallel` loops of which the run-time sizes pick one: many rows, the same in small
    tiles, few tasks with split keys, and few rows. Row tiles pack the query heads of a group; each segment of the mask becomes three loops over key
    tiles, of which the middle one needs no guard. The function must carry `attn.target`, which is asked for the tile sizes.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

//===----------------------------------------------------------------------===//
// schedule
//===----------------------------------------------------------------------===//

def OrderTasks : Pass<"attn-order-tasks", "::mlir::func::FuncOp"> {
  let summary = "lets tasks that share keys follow one another";
  let description = [{
    Where the longest tasks come first, those of all heads would take turns, and each would find the keys and values of the others in the cache. This
    pass gives `attn.parallel` the number of heads whose keys and values fit the target's cache together; it is computed from the sizes of the tensors.

    ```mlir
    attn.parallel "rows" (%b, %h, %I) = (%batches, %heads, %tiles) order = longest_first { ... }
    // becomes
    %n = ... // cache bytes / bytes of a head's keys and values
    attn.parallel "rows" (%b, %h, %I) = (%batches, %heads, %tiles) order = longest_first sections(%n) { ... }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def StartProducts : Pass<"attn-start-products", "::mlir::func::FuncOp"> {
  let summary = "starts products from what is added to their results";
  let description = [{
    Score arithmetic of the form `a * score + f(b, h, i, j)` with a positive constant `a` goes: the product of queries and keys starts from `f / a`, and
    the factor joins the exponent, here and wherever states of these scores are finished. Nothing is left to do between the product and the step. For
    targets that ask for it. Score arithmetic of any other form stays.

    ```mlir
    %S = attn.contract %Q, %K over "d" : ...
    %T = attn.map %S at(%b, %h) rows(%qv[%I]) keys(%kv[%J]) : ... {
    ^bb0(%s: f32, %batch: index, %head: index, %i: index, %j: index):
      %x = arith.mulf %s, %a : f32
      %y = arith.addf %x, %f : f32
      attn.yield %y : f32
    }
    %t, %P, %alpha = attn.step %s, %T exponent(%c) : ...
    // becomes
    %B = attn.bias at(%b, %h) rows(%qv[%I]) keys(%kv[%J]) : ... {
    ^bb0(%batch: index, %head: index, %i: index, %j: index):
      %y = arith.mulf %f, %inverse : f32
      attn.yield %y : f32
    }
    %S = attn.contract %Q, %K over "d" init(%B : ...) : ...
    %t, %P, %alpha = attn.step %s, %S exponent(%ac) : ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def PackOperands : Pass<"attn-pack-operands", "::mlir::func::FuncOp"> {
  let summary = "loads tiles into the form a matrix product reads";
  let description = [{
    Replaces each `attn.load` of a tile that is larger than one panel by `attn.pack`, which may copy, convert or transpose the tile into scratch
    memory once for all panels that read it.

    ```mlir
    %K = attn.load %kv[%J] : !attn.view<[j, d: 64] x bf16> -> !attn.tile<[j: 96, d: 64] x bf16>
    // becomes
    %K = attn.pack %kv[%J] : !attn.view<[j, d: 64] x bf16> -> !attn.tile<[j: 96, d: 64] x bf16>
    ```
  }];
}

def SplitPanels : Pass<"attn-split-panels", "::mlir::func::FuncOp"> {
  let summary = "moves the loop over panels of rows inside the key loops";
  let description = [{
    A row tile larger than the target's panel is cut into panels. Inside each `attn.for_keys`, everything between the loads and the yield is done
    panel by panel, so that a key tile that was loaded once serves them all.

    ```mlir
    %S = attn.contract %Q, %K over "d" : !attn.tile<[i: 384, d: 64] x bf16>, ...
    // becomes
    attn.for_panels %p of 12 state(%t = %s) : ... {
      %Qp = attn.panel %Q[%p] : !attn.tile<[i: 384, d: 64] x bf16> -> !attn.tile<[i: 32, d: 64] x bf16>
      %S = attn.contract %Qp, %K over "d" : !attn.tile<[i: 32, d: 64] x bf16>, ...
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def VerifyPhase : Pass<"attn-verify-phase", "::mlir::func::FuncOp"> {
  let summary = "checks that a function is in the phase it should be in";
  let description = [{
    Fails on the first operation that the named phase does not allow: in `spec` and `normalize` only their own operations on tensors; from `tile` on no
    tensor at all and a target on the function; in `schedule` no product of more rows than a panel is computed with; after `target` no operation
    of this dialect.

    From `tile` on memory grows at most linearly with the lengths: the product of the run-time sizes of a buffer holds at most one sequence
    length. So there is no buffer of Tq x Tk scores. A factor that a buffer's condition bounds by a constant does not count: partial results of split
    keys exist only while there are few row tiles.
  }];
  let options = [Option<"phase", "phase", "std::string", "\"spec\"", "spec, normalize, tile, schedule or target">];
}

#endif // ATTN_PASSES_TD
