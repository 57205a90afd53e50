"""Training of word vectors beside fastText, one thread each, alternating in one run.

    vectors.py --ours BUILD/grimoire TEXT [--kind skipgram] [--rounds 3] [--threads 1]

Every line: which side, seconds of the processor and of the wall for the whole command (reading, training, writing the model). The last one: the ratio of
the least of each side. Needs fasttext-wheel 0.9.2. Both take the same settings: fastText's defaults for the kind.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

PEER = """
import sys, fasttext
text, kind, out, threads = sys.argv[1:]
if kind == "supervised":
    model = fasttext.train_supervised(text, thread=int(threads), verbose=0)
else:
    model = fasttext.train_unsupervised(text, kind, thread=int(threads), verbose=0)
model.save_model(out)
"""


def seconds(command):
    """(of the processor, of the wall)"""
    before, begun = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system, time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--ours", required=True)
    parser.add_argument("--kind", default="skipgram", choices=["skipgram", "cbow", "supervised"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default="1")
    args = parser.parse_args()
    least = {}
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "model.bin")
        sides = {"fastText": [sys.executable, "-c", PEER, args.text, args.kind, out, args.threads],
                 "ours": [args.ours, "vectors", "train", "--kind", args.kind, "--data", args.text, "--out", out, "--threads", args.threads]}
        for _ in range(args.rounds):
            for side, command in sides.items():
                took = seconds(command)
                print(f"{side:9} {took[0]:8.2f} s of the processor {took[1]:8.2f} s", flush=True)
                least[side] = tuple(map(min, took, least.get(side, took)))
    print(f"ratio     {least['fastText'][0] / least['ours'][0]:8.2f}x {least['fastText'][1] / least['ours'][1]:21.2f}x")


if __name__ == "__main__":
    main()
