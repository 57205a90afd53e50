"""Training in bf16 beside f32, by the program's own recipes: does it end at the same loss?

    python bench/compare/dtypes.py names.txt input.txt --out DIR [--steps N] [--seeds 3] [--only PATTERN] [--ours build/release/grimoire] [--short]

makemore's ladder on a file of names, and nanoGPT's CPU recipe on running text (2,000 steps of the program's GPT). Both dtypes begin with the same weights
and read the same batches. Columns: held-out loss of every seed in f32 and in bf16, the means, and the difference of the means.
"""

import argparse
import pathlib
import re
import statistics
import sys
import tempfile

from heads import train
from run import ROOT, refuse_unbuilt

NAMES, TEXT = "names", "text"
RECIPES = {  # words of `grimoire train`; what it reads; steps, where they are not the program's own number
    "mlp": (["--model", "mlp"], NAMES, None),
    "mlp, batch norm": (["--model", "mlp", "--batch-norm"], NAMES, None),
    "wavenet": (["--model", "wavenet"], NAMES, None),
    "rnn": (["--model", "rnn"], NAMES, None),
    "gru": (["--model", "gru"], NAMES, None),
    "transformer": (["--model", "gpt"], NAMES, None),
    "nanoGPT": (["--model", "gpt"], TEXT, 2000),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", type=pathlib.Path, nargs="?")
    parser.add_argument("text", type=pathlib.Path, nargs="?")
    parser.add_argument("--out", type=pathlib.Path, help="a new folder")
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/grimoire")
    parser.add_argument("--steps", type=int, help="of every recipe, in place of its own")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="a regular expression on the names of the recipes")
    parser.add_argument("--short", action="store_true", help="files of its own, one seed, two steps")
    args = parser.parse_args()
    if not any(re.search(args.only, name) for name in RECIPES):
        sys.exit(f"error: --only {args.only}: no recipe has such a name\nhint: the recipes are {', '.join(RECIPES)}")
    if not args.short and not (args.names and args.text and args.out):
        parser.error("names, a text and --out are needed, or --short")
    refuse_unbuilt(args.ours)
    if not args.short:
        args.out.mkdir(parents=True)
        compare(args)
        return
    with tempfile.TemporaryDirectory() as folder:
        args.out, args.names, args.text = pathlib.Path(folder), pathlib.Path(folder, "names.txt"), pathlib.Path(folder, "text.txt")
        args.steps, args.seeds = 2, 1
        args.names.write_text("".join(f"{a}{b}{c}\n" for a in "abcd" for b in "efgh" for c in "ijkl"))
        args.text.write_text("The cat sat on the mat, and the dog did not.\n" * 200)
        compare(args)


def compare(args):
    print("| recipe | f32, each seed | bf16, each seed | mean, f32 | mean, bf16 | bf16 - f32 |\n|---|---|---|---|---|---|")
    for name, (words, reads, steps) in RECIPES.items():
        if not re.search(args.only, name):
            continue
        losses = {"f32": [], "bf16": []}
        for seed in range(args.seeds):
            for dtype, found in losses.items():
                folder = args.out / f"{name.replace(', ', '-').replace(' ', '-')}-{dtype}-{seed}"
                more = ["--data", args.names if reads == NAMES else args.text, "--out", folder, "--seed", seed, "--dtype", dtype, "--json"]
                steps = args.steps or steps
                result, _ = train([args.ours, "train", *words, *(["--steps", steps] if steps else []), *more])
                found.append(result["dev_loss"])
        means = {dtype: statistics.mean(found) for dtype, found in losses.items()}
        each = {dtype: " ".join(f"{loss:.4f}" for loss in found) for dtype, found in losses.items()}
        print(f"| {name} | {each['f32']} | {each['bf16']} | {means['f32']:.4f} | {means['bf16']:.4f} | {means['bf16'] - means['f32']:+.4f} |", flush=True)


if __name__ == "__main__":
    main()
