"""Times Grimoire's training steps against PyTorch's, default and tuned, in alternating bursts.

    python bench/compare/run.py [--dtype bf16] [--workload nanogpt-cpu ... | all] [--threads 1 2] [--ours PATH] [--rounds N] [--json FILE] [--short]

Run it with the Python that has torch (t5-small: transformers; smollm2-lora: peft too). For every
workload and thread count it starts one process per side (ours:
compare_steps; torch: torch_steps.py as installed; tuned: torch_steps.py --tuned under TUNED below), lets each warm up, and
then gives them bursts of 0.3 to 1 second in turn, the others stopped, so that a disturbance of the machine hits all sides
alike. With --dtype bf16 ours trains in bf16, a tuned torch runs under autocast, and another stays f32. It pins nothing to a core.
--short runs our side alone for a moment: is all there that the others will be compared with?

Columns: best and median wall time of a step; cpu, the least CPU time of a step (all threads; the figure to trust for one
thread on a shared machine; with several threads it counts their spinning too); memory, the most that each process has had, all of it;
noise, the CPU time that other processes
took meanwhile, in cores; limit, the products of a step at the rate of roofline's and one sweep of AdamW at the speed of memory,
measured in the same run, and the share of it that our best step reaches. It counts no product twice that a backward makes again.
"""

import argparse
import json
import os
import pathlib
import platform
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORKLOADS = ["notebook-mlp", "makemore-mlp", "makemore-transformer", "nanogpt-cpu", "nanogpt-char", "gpt2-124m", "gpt2-256", "gpt2-long", "bert-base",
             "t5-small", "smollm2-lora"]
PATIENCE = 300  # seconds that a process may take for one answer

# What makes PyTorch's pip wheel fastest on this kind of CPU, measured with torch 2.15.0 on a 2-core AMD Zen 5:
# - its MKL gives processors of other makers an AVX2 kernel: 115 GF/s per core; with mkl_serv_intel_cpu_true answering yes it
#   uses AVX-512: 260 GF/s. The function is interposed by a one-line library, built here.
# - glibc malloc returns large tensors to the kernel at every step; these tunables keep them, in huge pages: 10 % of
#   gpt2-124m, nothing on the small models.
# - AdamW(fused=True), set by torch_steps.py --tuned: 2 to 15 %; foreach=True is slower.
# Tried without a lasting gain: OMP_WAIT_POLICY, OMP_PROC_BIND, GOMP_SPINCOUNT, MKL_DYNAMIC, MKL_ENABLE_INSTRUCTIONS,
# MKL_DEBUG_CPU_TYPE (gone from MKL), explicit attention instead of scaled_dot_product_attention. Left out because it is
# no longer float32: torch.backends.mkldnn.matmul.fp32_precision = "bf16".
TUNED = {
    "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=34359738368:glibc.malloc.trim_threshold=34359738368:"
    "glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1"
}
SHIM = "int mkl_serv_intel_cpu_true(void) { return 1; }\n"


def cpu_model():
    """Its name, and its vendor, family and model, which tell it where a virtual machine hides the name."""
    first = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    known = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    marks = [f"{word} {known[key]}".strip() for word, key in (("", "vendor_id"), ("family", "cpu family"), ("model", "model")) if key in known]
    return f"{known.get('model name', platform.processor())} ({' '.join(marks)})"


def roofline(folder, seconds=0.5):
    """{(what, all threads?): rate} by the program in `folder`; empty where it is not built."""
    program = pathlib.Path(folder, "roofline")
    if not program.exists():
        return {}
    lines = subprocess.run([program, str(seconds)], capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    rows = [line.rsplit(maxsplit=2) for line in lines]
    return {(what, every): float(rate) for what, *rates in rows for every, rate in zip((False, True), rates, strict=True)}


def cpu_jiffies():
    """(busy, total) of the whole machine."""
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def multiplies_bf16():
    return any(flag in pathlib.Path("/proc/cpuinfo").read_text().split() for flag in ("avx512_bf16", "amx_bf16"))


def idle_percent(seconds=2.0):
    busy, total = cpu_jiffies()
    time.sleep(seconds)
    later, end = cpu_jiffies()
    return 100 * (1 - (later - busy) / max(1, end - total))


def build_shim(folder):
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if not compiler or platform.machine() != "x86_64":
        return None
    source, library = pathlib.Path(folder, "shim.c"), pathlib.Path(folder, "shim.so")
    source.write_text(SHIM)
    made = subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], capture_output=True)
    return str(library) if made.returncode == 0 else None


def refuse_unbuilt(ours):
    if not ours.exists():
        sys.exit(f"error: {ours} is not built\nhint: ./grimoire test builds it; --ours PATH names another")


def carry_out(args, short, compare):
    """What a script was asked for that takes --ours, --short and --work, the folder for data and runs, which else is gone in the end."""
    refuse_unbuilt(args.ours)
    with tempfile.TemporaryDirectory() as folder:
        args.work = args.work or pathlib.Path(folder)
        args.work.mkdir(parents=True, exist_ok=True)
        (short if args.short else compare)(args)


def memory_of(pid):
    """The most memory that a process has had, in bytes."""
    found = [line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return 1024 * int(found[0].split()[1]) if found else 0


def plain_environment(threads):
    return os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


def tuned_environment(threads, shim):
    """Of a process of PyTorch; `shim` is build_shim's."""
    return plain_environment(threads) | TUNED | ({"LD_PRELOAD": shim} if shim else {})


class Side:
    """One process that runs training steps on request and sleeps, stopped, otherwise."""

    def __init__(self, name, command, env):
        self.name, self.steps, self.times, self.cpu, self.noise = name, 1, [], [], []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, bufsize=0)
        self.pending = b""
        while not (line := self.read_line()).startswith("ready"):
            pass
        self.greeting = line[len("ready") :].strip()
        self.stop()

    def read_line(self):
        while b"\n" not in self.pending:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                raise RuntimeError(f"{self.name}: no answer in {PATIENCE} s")
            chunk = os.read(self.process.stdout.fileno(), 65536)
            if not chunk:
                raise RuntimeError(f"{self.name}: ended early, exit code {self.process.wait()}")
            self.pending += chunk
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def cpu_seconds(self):
        total = 0
        for path in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            total += int(path.read_text().split()[0])
        return total * 1e-9

    def run(self, steps):
        self.process.stdin.write(f"{steps}\n".encode())
        return float(self.read_line())

    def calibrate(self, burst):
        self.process.send_signal(signal.SIGCONT)
        seconds = self.run(1)
        while seconds < 0.05 and self.steps < 1 << 24:
            self.steps *= 4
            seconds = self.run(self.steps)
        self.steps = max(1, round(self.steps * burst / seconds))
        self.stop()

    def burst(self):
        self.process.send_signal(signal.SIGCONT)
        if self.steps > 10:
            self.run(self.steps // 10)  # after a stop: caches and threads
        used, (busy, _), start = self.cpu_seconds(), cpu_jiffies(), time.perf_counter()
        seconds = self.run(self.steps)
        used, wall = self.cpu_seconds() - used, time.perf_counter() - start
        self.noise.append(max(0.0, ((cpu_jiffies()[0] - busy) / os.sysconf("SC_CLK_TCK") - used) / wall))
        self.times.append(seconds / self.steps * 1e3)
        self.cpu.append(used / self.steps * 1e3)
        self.stop()

    def close(self):
        if self.process.poll() is None:
            self.memory = memory_of(self.process.pid)
            self.process.send_signal(signal.SIGCONT)
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()


def summary(sides):
    """What the processes of one side found together."""
    times, cpu, noise = (sum((getattr(side, field) for side in sides), []) for field in ("times", "cpu", "noise"))
    return {
        "best_ms": min(times),
        "median_ms": statistics.median(times),
        "cpu_ms": min(cpu),
        "noise_cores": statistics.median(noise),
        "steps_per_burst": sides[0].steps,
        "greeting": sides[0].greeting,
        "memory_mb": max(side.memory for side in sides) / 1e6,
        "times_ms": times,
    }


def commands(args, workload, threads, shim):
    """[(name, command, environment)] of the sides."""
    plain, tuned = plain_environment(threads), tuned_environment(threads, shim)
    tail = ["--workload", workload, "--threads", str(threads)]
    own = ["--base-dtype", args.base_dtype] if args.base_dtype else []
    for name in ("model", "tokens", "adapter"):
        if getattr(args, name):
            tail += [f"--{name}", getattr(args, name)]
    torch_side = [sys.executable, str(HERE / "torch_steps.py"), *tail]
    ours = ("ours", [str(args.ours), *tail, *own, "--dtype", args.dtype], dict(os.environ))
    if args.short:
        return [ours]
    tuned_side = ("tuned", [*torch_side, "--tuned"], tuned)
    if args.dtype == "bf16":
        return [ours, ("autocast", [*torch_side, "--tuned", "--dtype", "bf16"], tuned), tuned_side]
    return [ours, ("torch", torch_side, plain), tuned_side]


SWEEP = {"f32": 28, "bf16": 30}  # bytes of AdamW for a weight: it, its moments read and written, its gradient read, its bf16 twin written


def limit_ms(rates, greeting, dtype, threads):
    """The least milliseconds of a step, from what ours said of it; nothing where the rates are not known."""
    said = greeting.split()
    if not rates or len(said) != 2:
        return None
    billions, millions = map(float, said)
    every = threads > 1
    return 2e3 * billions / rates[f"{dtype} products, GF/s", every] + SWEEP[dtype] * millions / rates["memory copied, GB/s", every]


def measure(args, workload, threads, shim):
    """One row: every side started `restarts` times (a process keeps its luck with memory placement: up to 15 %)."""
    row = {"workload": workload, "threads": threads}
    for _ in range(args.restarts):
        for name, found in measure_once(args, workload, threads, shim).items():
            row.setdefault(name, []).append(found)
    return {name: summary(found) if isinstance(found, list) else found for name, found in row.items()}


def measure_once(args, workload, threads, shim):
    sides = []
    try:
        for name, command, env in commands(args, workload, threads, shim):
            sides.append(Side(name, command, env))
        for side in sides:
            side.calibrate(args.burst)
        for turn in range(args.rounds):
            for side in sides[turn % len(sides) :] + sides[: turn % len(sides)]:
                side.burst()
        return {side.name: side for side in sides}
    finally:
        for side in sides:
            side.close()


def milliseconds(x):
    return f"{x * 1e3:.1f} us" if x < 1 else f"{x:.2f} ms" if x < 100 else f"{x:.0f} ms"


def table(rows):
    """Markdown: a line per workload and thread count; ratios of best wall times, with those of medians in brackets."""
    names = [name for name in ("ours", "torch", "autocast", "tuned") if any(name in row for row in rows)]
    peers = [name for name in names if name != "ours"]
    head = [
        "workload",
        "threads",
        *(f"{name} best / median (cpu)" for name in names),
        *(f"{name} / ours" for name in peers),
        f"memory, MB: {', '.join(names)}",
        "limit",
        "noise",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [row["workload"], str(row["threads"])]
        for name in names:
            side = row.get(name)
            best, median, cpu = (
                milliseconds(side[key]) if side else "-" for key in ("best_ms", "median_ms", "cpu_ms")
            )
            cells.append(f"{best} / {median} ({cpu})")
        for peer in peers:
            if "ours" in row and peer in row:
                best, median = (row[peer][key] / row["ours"][key] for key in ("best_ms", "median_ms"))
                cells.append(f"{best:.2f} ({median:.2f})")
            else:
                cells.append("-")
        cells.append(", ".join(f"{row[name]['memory_mb']:,.0f}" if name in row else "-" for name in names))
        limit = row.get("limit_ms")
        cells.append(f"{milliseconds(limit)} ({100 * limit / row['ours']['best_ms']:.0f} %)" if limit and "ours" in row else "-")
        cells.append(f"{max(row[name]['noise_cores'] for name in names if name in row):.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", nargs="+", default=["all"], choices=WORKLOADS + ["all"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/bench/compare/compare_steps")
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--base-dtype", choices=["q8_0", "q4_0"], help="of smollm2-lora: what is frozen is held in few bits on our side")
    parser.add_argument("--model", help="of smollm2-lora: a folder of SmolLM2, beside --tokens and --adapter (torch_steps.py), in the place of drawn weights")
    parser.add_argument("--tokens")
    parser.add_argument("--adapter")
    parser.add_argument("--rounds", type=int, default=5, help="bursts of each process")
    parser.add_argument("--restarts", type=int, default=2, help="processes of each side, one after the other")
    parser.add_argument("--burst", type=float, default=0.5, help="seconds of one burst")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--short", action="store_true", help="our side alone, one workload, a moment")
    args = parser.parse_args()
    refuse_unbuilt(args.ours)
    if args.short:
        args.workload, args.threads, args.rounds, args.restarts, args.burst = ["notebook-mlp"], [1], 1, 1, 0.05
    idle = idle_percent(0.1 if args.short else 2.0)
    print(f"{cpu_model()}, {os.cpu_count()} CPUs, {idle:.0f}% idle", file=sys.stderr)
    if idle < 93:
        print(
            "warning: the machine is busy; trust the cpu column for one thread and nothing for more", file=sys.stderr
        )
    workloads, rows = WORKLOADS if "all" in args.workload else args.workload, []
    with tempfile.TemporaryDirectory() as folder:
        shim = None if args.short else build_shim(folder)
        if not shim and not args.short:
            print("warning: no C compiler: the tuned peer runs without its AVX-512 matrix kernels", file=sys.stderr)
        rates = {} if args.short else roofline(args.ours.parent.parent)
        for workload in workloads:
            for threads in args.threads:
                row = measure(args, workload, threads, shim)
                rows.append(row | {"limit_ms": limit_ms(rates, row["ours"]["greeting"], args.dtype, threads)})
                print(table(rows[-1:]).splitlines()[-1], file=sys.stderr)
    print(table(rows))
    if args.dtype == "bf16" and not multiplies_bf16():
        print("\nThis processor does not multiply bf16 (AVX-512 BF16, AMX): bf16 saves memory here, and no ratio to autocast is claimed.")
    if args.json:
        args.json.write_text(
            json.dumps(
                {
                    "cpu": cpu_model(),
                    "cpus": os.cpu_count(),
                    "idle_percent_before": idle,
                    "rounds": args.rounds,
                    "restarts": args.restarts,
                    "burst_seconds": args.burst,
                    "torch": rows[0]["tuned"]["greeting"].split()[1] if "tuned" in rows[0] else None,
                    "python": platform.python_version(),
                    "tuned": TUNED | {"LD_PRELOAD": SHIM.strip() if shim else "", "optimizer": "AdamW(fused=True)"},
                    "results": rows,
                },
                indent=1,
            )
            + "\n"
        )


if __name__ == "__main__":
    main()
