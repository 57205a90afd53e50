"""Narrow heads beside wide ones: what a head as wide as the model costs and brings, at the same width and with the same number of parameters.

    python bench/compare/heads.py input.txt --out DIR [--steps N] [--seeds 3] [--width 128] [--heads 4] [--ours build/release/grimoire] [--short]

Trains the program's GPT on the characters of a text: heads that share the width, heads of the whole width, and heads of the whole width in a model so
much narrower that it has as many parameters. Everything else is the model's own recipe. One thread; the shapes take turns within a seed. CPU is that
of the whole command over its steps, evaluations included: what a shared machine disturbs least.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from run import ROOT, refuse_unbuilt


def block(width, heads, wide):
    """Weights of a layer: queries, keys, values and out; feed-forward in and out."""
    inner = width * heads if wide else width
    return 4 * width * inner + 8 * width * width


def train(command):
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = process.stdout.read().splitlines()
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"error: {' '.join(map(str, command))} failed: {lines[-1] if lines else ''}")
    return json.loads(lines[-1]), used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=pathlib.Path, nargs="?")
    parser.add_argument("--out", type=pathlib.Path, help="a new folder")
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/grimoire")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--short", action="store_true", help="a text of its own, one seed, two steps")
    args = parser.parse_args()
    if not args.short and not (args.text and args.out):
        parser.error("a text and --out are needed, or --short")
    refuse_unbuilt(args.ours)
    if not args.short:
        args.out.mkdir(parents=True)
        compare(args)
        return
    with tempfile.TemporaryDirectory() as folder:
        args.out, args.text, args.steps, args.seeds, args.width = pathlib.Path(folder), pathlib.Path(folder, "text.txt"), 2, 1, 16
        args.text.write_text("The cat sat on the mat, and the dog did not.\n" * 200)
        compare(args)


def compare(args):
    target = block(args.width, args.heads, False)
    equal = min(range(4, args.width, 4), key=lambda width: abs(block(width, args.heads, True) - target))
    shapes = {"narrow": (args.width, "narrow"), "wide, same width": (args.width, "wide"), "wide, same parameters": (equal, "wide")}
    found = {name: [] for name in shapes}
    for seed in range(args.seeds):
        for name, (width, heads) in shapes.items():
            folder = args.out / f"{heads}-{width}-{seed}"
            shape = ["--heads", heads, "--n-embd", width, "--n-head", args.heads]
            common = ["--data", args.text, "--out", folder, "--steps", args.steps, "--seed", seed, "--threads", 1, "--json"]
            result, cpu = train([args.ours, "train", "--model", "gpt", *shape, *common])
            found[name].append((result["parameters"], result["dev_loss"], 1e3 * cpu / args.steps))
            print(f"{name}, seed {seed}: {result['dev_loss']:.4f}, {found[name][-1][2]:.1f} ms a step", file=sys.stderr)
    print("| heads | width of the model | of a head | parameters | held-out loss, each seed | mean | CPU a step, ms |\n|---|---|---|---|---|---|---|")
    for name, (width, heads) in shapes.items():
        losses, cpu = [loss for _, loss, _ in found[name]], min(cpu for _, _, cpu in found[name])
        head = width if heads == "wide" else width // args.heads
        each = " ".join(f"{loss:.4f}" for loss in losses)
        print(f"| {name} | {width} | {head} | {found[name][0][0]:,} | {each} | {statistics.mean(losses):.4f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
