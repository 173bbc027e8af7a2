"""The reader of machine code that test_gpu_gates.py judges kernels with, on a listing as nvdisasm prints it."""

import machine_code

# A loop over tasks around a loop of products, which waits in a loop of its own. The assembler moved the wait behind the end of the kernel.
LISTING = """
\t.section\t.text.first,"ax",@progbits
.text.first:
        /*0000*/                   MOV R1, c[0x0][0x28] ;
.L_x_0:
        /*0010*/                   LDL R4, [R1] ;
.L_x_1:
        /*0020*/                   SYNCS.PHASECHK.TRANS64.TRYWAIT P0, [UR4], R2 ;
        /*0030*/              @!P0 BRA `(.L_x_3) ;
.L_x_2:
        /*0040*/                   HGMMA.64x128x16.F32.BF16 R24, gdesc[UR24], RZ, !UPT ;
        /*0050*/                   HGMMA.64x128x16.F32.BF16 R24, gdesc[UR24], R24, gsb0 ;
        /*0060*/                   BRA.DIV UR5, `(.L_x_4) ;
        /*0070*/               @P1 BRA `(.L_x_1) ;
        /*0080*/                   R2UR UR5, R3 ;
        /*0090*/               @P2 BRA `(.L_x_0) ;
        /*00a0*/                   EXIT ;
.L_x_3:
        /*00b0*/                   SYNCS.PHASECHK.TRANS64.TRYWAIT P0, [UR4], R2 ;
        /*00c0*/              @!P0 BRA `(.L_x_3) ;
        /*00d0*/                   BRA `(.L_x_2) ;
.L_x_4:
        /*00e0*/                   EXIT ;
.L_x_5:
        /*00f0*/                   BRA `(.L_x_5);
\t.section\t.text.second,"ax",@progbits
        /*0000*/              @!UP2 UTMASTG.5D [UR8], [UR26] ;
        /*0010*/                   EXIT ;
"""


def test_instructions_are_read():
    kernels = machine_code.read_kernels(LISTING)
    assert list(kernels) == ["first", "second"]
    store = kernels["second"][0]
    assert (store.guard, store.opcode, store.name, store.operands) == ("@!UP2 ", "UTMASTG.5D", "UTMASTG", "[UR8], [UR26]")
    assert machine_code.Kernel(kernels["first"]).counts["SYNCS"] == 2


def test_loops_are_found():
    kernel = machine_code.Kernel(machine_code.read_kernels(LISTING)["first"])
    (inner,) = kernel.find_product_loops("HGMMA")
    assert inner["HGMMA"] == 2
    assert inner["SYNCS"] == 2, "a wait that lies elsewhere is part of the loop"
    assert inner["R2UR"] == inner["LDL"] == inner["MOV"] == inner["EXIT"] == 0
    tasks = max(kernel.loops, key=lambda loop: sum(loop.values()))
    assert (tasks["HGMMA"], tasks["R2UR"], tasks["LDL"], tasks["MOV"]) == (2, 1, 1, 0)
    assert len(kernel.loops) == 3, "what cannot be reached, as the trap at the end, is no loop"
    assert not kernel.find_product_loops("HMMA")
