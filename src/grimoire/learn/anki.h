// Decks from and for Anki: its text files (and any table of tab- or comma-separated values) and its packages. HTML becomes Markdown
// and back; pictures and sounds stay behind, and so does Anki's own schedule.
// Sources: Anki manual, "Importing text files" and "Exporting"; ankitects/anki, rslib/src/storage/schema11.sql.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "grimoire/learn/deck.h"

namespace grim::learn {

// Markdown's own marks in the text are escaped; tables, nested lists, quotes, code, emphasis and links keep their meaning.
std::string html_to_markdown(std::string_view html);
// As a question or an answer: one line, without the escape of a first mark that begins nothing there (report::inline_markdown).
std::string as_line(std::string markdown);
int64_t media_in(std::string_view html);              // pictures and sounds
void tell_media(Deck& deck, int64_t count);           // that they stay behind; 0: nothing

// The back of a card in Markdown: the answer is its first line, the explanation the rest, less a rule between them.
void set_back(Card& card, std::string_view back);

std::string to_anki_text(const Deck& deck);
// Lines of question, answer, explanation, in Markdown. Quoted is what holds `separator`, a tab, a comma or a semicolon.
std::string to_table(const Deck& deck, char separator);
bool is_anki_text(std::string_view text);  // begins with "#separator:" or "#html:", or its first other line has fields between tabs
// Lines with "#separator:tab" and its like first, or a plain table: question, answer, explanation. throws: input
Deck from_anki_text(std::string_view text, std::string_view source);

// A package holds every card's Markdown beside its HTML: what Anki did not change comes back as it was.
void write_anki_package(const Deck& deck, const std::string& path);
Deck read_anki_package(const std::string& path);  // also of Anki 2.1.50 and later. throws: input, resource

}  // namespace grim::learn
