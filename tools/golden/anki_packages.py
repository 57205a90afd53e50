#!/usr/bin/env python3
"""Anki (PyPI anki 26.9) beside `grimoire deck`.

  anki_packages.py make FOLDER             tests/golden/anki: one collection as Anki exports it for old programs and for new ones
  anki_packages.py check GRIMOIRE DECK.md  exports the deck, lets Anki import it and count its cards, exports it from there both ways, and
                                           compares what comes back with the deck"""
import os
import subprocess
import sys
import tempfile

from anki.collection import Collection, ExportAnkiPackageOptions, ImportAnkiPackageOptions, ImportAnkiPackageRequest


def export(col, path, legacy):
    options = ExportAnkiPackageOptions(with_scheduling=False, with_deck_configs=False, with_media=False, legacy=legacy)
    col.export_anki_package(out_path=path, options=options, limit=None)


def make(folder):
    with tempfile.TemporaryDirectory() as work:
        col = Collection(os.path.join(work, "c.anki2"))
        deck = col.decks.id("Rivers::Europe")
        for model, fields, tags in [
            ("Basic", ["Which river flows through <b>Vienna</b>?", "The Danube<br>It ends in the Black&nbsp;Sea &amp; is long"], ["rivers"]),
            ("Cloze", ["The {{c1::Rhine::river}} begins in {{c2::Switzerland}}", "<ul><li>at Lake Toma</li><li>and ends in the Netherlands</li></ul>"], []),
        ]:
            note = col.new_note(col.models.by_name(model))
            for i, text in enumerate(fields):
                note.fields[i] = text
            note.tags = tags
            col.add_note(note, deck)
        export(col, os.path.join(folder, "old.apkg"), True)
        export(col, os.path.join(folder, "new.apkg"), False)
        col.close()


def check(grimoire, deck):
    with tempfile.TemporaryDirectory() as work:
        at = lambda name: os.path.join(work, name)
        run = lambda *words: subprocess.run([grimoire, "deck", *words], check=True, capture_output=True)
        run("export", deck, "--out", at("deck.apkg"))
        run("import", deck, "--out", at("before.md"))
        col = Collection(at("c.anki2"))
        col.import_anki_package(ImportAnkiPackageRequest(package_path=at("deck.apkg"), options=ImportAnkiPackageOptions()))
        print(f"Anki holds {col.note_count()} notes, {col.card_count()} cards")
        for legacy in (True, False):
            export(col, at("back.apkg"), legacy)
            run("import", at("back.apkg"), "--out", at("after.md"))
            same = open(at("before.md")).read() == open(at("after.md")).read()
            print("old package" if legacy else "new package", "comes back", "equal" if same else "CHANGED")
            if not same:
                sys.exit(1)
        col.close()


{"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
