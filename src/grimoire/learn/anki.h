// Decks from and for Anki: its text files (and any table of tab- or comma-separated values) and its packages. HTML becomes Markdown
// and back; pictures and sounds stay behind, and so does Anki's own schedule.
// Sources: Anki manual, "Importing text files" and "Exporting"; ankitects/anki, rslib/src/storage/schema11.sql.
#pragma once

#include <string>
#include <string_view>

#include "grimoire/learn/deck.h"

namespace grim::learn {

std::string html_to_markdown(std::string_view html);

std::string to_anki_text(const Deck& deck);
// Lines with "#separator:tab" and its like first, or a plain table: question, answer, explanation. throws: input
Deck from_anki_text(std::string_view text, std::string_view source);

// A package holds every card's Markdown beside its HTML: what Anki did not change comes back as it was.
void write_anki_package(const Deck& deck, const std::string& path);
Deck read_anki_package(const std::string& path);  // also of Anki 2.1.50 and later. throws: input, resource

}  // namespace grim::learn
