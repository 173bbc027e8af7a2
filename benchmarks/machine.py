"""What this machine is and what its cores can do: identity, measured peaks, and the guard against disturbed timings."""

import concurrent.futures
import ctypes
import os
import pathlib
import platform
import re
import resource
import subprocess
import tempfile
import time
from typing import NamedTuple

FOLDER = pathlib.Path(__file__).parent
FMA, PROBE, BF16_DOT = 0, 1, 2
LEVELS = ("none", "AVX2", "AVX-512", "AVX-512 with bf16 dot products")


def load_peaks():
    """Builds peaks.c with the C compiler (CC, else cc) and loads it."""
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "peaks.so")
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", FOLDER / "peaks.c", "-o", library], check=True)
        peaks = ctypes.CDLL(library)
    peaks.attn_peak_gflops.restype = ctypes.c_double
    peaks.attn_peak_gflops.argtypes = [ctypes.c_int, ctypes.c_long]
    peaks.attn_peak_read.restype = ctypes.c_double
    peaks.attn_peak_read.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
    return peaks


class Peaks(NamedTuple):
    """Measured rates of the cores in use together."""

    fma_gflops: float
    bf16_gflops: float  # 0 without native products
    read_gbytes: float
    probe_gflops: float
    level: str


class Guard:
    """Tells quiet from disturbed. Cores of a virtual machine share their hardware with unseen neighbours, which halve the rate of
    code that issues more than two operations a cycle; the probe loop shows it. A timing counts only if the probes right before and
    after it, taken on all cores in use at once, reach THRESHOLD of the quiet level, and if other processes of this system did not
    take the cores from it in between. The quiet level is the rate that nine probes in ten do not exceed when the machine is first
    looked at (the very best is a moment of raised clock), but at least 0.85 of the FMA peak."""

    THRESHOLD = 0.90
    NAP = 0.05  # seconds between two looks at a disturbed machine
    WAITS = 40  # looks before it is taken as it is
    SWITCHES = 20  # involuntary context switches that a quiet system causes, a second and a core
    STEADY = 0.90  # of the reads before a timing, the reads after it, or the other way round
    READ_BYTES = 256 << 20  # well beyond the last-level cache

    def __init__(self, cores):
        self.cores = cores
        self.peaks = load_peaks()
        self.patience = 600.0  # seconds
        self.pool = concurrent.futures.ThreadPoolExecutor(len(cores)) if len(cores) > 1 else None
        self.loops = 2000
        self.loops = max(1000, int(self.loops * 1e-3 / (2000 * 768e-9 / max(1.0, self.rate(PROBE)[0]))))  # about 1 ms
        highest = max(min(self.rate(FMA)) for _ in range(100))
        self.quiet = max(0.85 * highest, sorted(min(self.rate(PROBE)) for _ in range(500))[450])
        self.buffers = [ctypes.create_string_buffer(self.READ_BYTES) for _ in cores]
        for buffer in self.buffers:
            ctypes.memset(buffer, 1, self.READ_BYTES)

    def on_cores(self, function):
        """function(core index) on every core in use, at the same time."""
        if self.pool is None:
            return [function(0)]

        def pinned(index):
            os.sched_setaffinity(0, {self.cores[index]})
            return function(index)

        return list(self.pool.map(pinned, range(len(self.cores))))

    def rate(self, kind, factor=1):
        return self.on_cores(lambda _: self.peaks.attn_peak_gflops(kind, self.loops * factor))

    def probe(self):
        """The slowest core's rate, in parts of the quiet level."""
        return min(self.rate(PROBE)) / self.quiet

    def is_quiet(self):
        return self.probe() >= self.THRESHOLD

    def wait(self):
        """Whether the cores are quiet, or become so within seconds. All waiting of a run together is limited by its patience."""
        for _ in range(self.WAITS):
            if self.is_quiet():
                return True
            if self.patience <= 0:
                return False
            time.sleep(self.NAP)
            self.patience -= self.NAP
        return False

    def time(self, function, repeats):
        """Seconds per call of function(), called `repeats` times, and whether that counts."""
        before = self.wait()
        switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        seconds = time.perf_counter() - start
        switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - switches
        kept_cores = switches <= 0.5 + self.SWITCHES * seconds * len(self.cores)
        return seconds / repeats, before and kept_cores and self.is_quiet()

    def read_rate(self, ahead, size=READ_BYTES):
        """GB/s of plain reads of all cores in use at once, prefetching `ahead` bytes."""
        return sum(self.on_cores(lambda core: self.peaks.attn_peak_read(self.buffers[core], size, ahead)))

    def time_beside_reads(self, function, repeats):
        """Like time(), for work that memory limits: also GB/s of plain reads right before and after, which must agree. Neighbours share the
        memory too, and no probe loop shows that."""
        read = lambda: max(self.read_rate(ahead, self.READ_BYTES // 2) for ahead in (4096, 8192))
        before = read()
        seconds, quiet = self.time(function, repeats)
        after = read()
        return seconds, quiet and min(before, after) >= self.STEADY * max(before, after), (before + after) / 2

    def measure(self):
        """The peaks of all cores in use together, each the best of many tries."""
        best = lambda kind: max(sum(self.rate(kind, 4)) for _ in range(60))
        return Peaks(
            fma_gflops=max(best(FMA), best(PROBE)),  # the probe's multiply-adds count too, should it have met the quieter moment
            bf16_gflops=best(BF16_DOT),
            read_gbytes=max(self.read_rate(ahead) for ahead in (0, 2048, 4096, 8192, 16384) * 5),
            probe_gflops=self.quiet * len(self.cores),
            level=LEVELS[self.peaks.attn_peak_level()],
        )


def identity():
    """Machine and software, for the head of a result file."""
    cpuinfo = dict(re.findall(r"^([^\t:]+)\t*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0], re.M))
    return {
        "cpu": cpuinfo.get("model name", platform.processor()),
        "vendor": cpuinfo.get("vendor_id", ""),
        "family": cpuinfo.get("cpu family", ""),
        "model": cpuinfo.get("model", ""),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def commit():
    """The checked-out commit, with a mark where files differ from it."""
    git = lambda *words: subprocess.run(["git", "-C", FOLDER, *words], capture_output=True, text=True).stdout.strip()
    return git("rev-parse", "--short=12", "HEAD") + (" with changes" if git("status", "--porcelain", "-uno") else "")
