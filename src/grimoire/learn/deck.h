// Deck: flash cards in a Markdown file that stays readable. A card is a block of lines: the question, the answer, a line of exactly "---",
// then the explanation; paragraphs that follow belong to it. The first line may be "# deck: NAME", a single word line below it tags.
// {{c1::hidden::hint}} in a question hides a part of it, and needs no answer line; each number makes a card of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"

namespace grim::learn {

struct Card {
  std::string id;           // of the deck's name and the question: stays when anything else is edited
  std::string question, answer, explanation;  // Markdown
  int64_t line = 0;         // of the question in the file, from 1; 0: made otherwise
  int cloze = 0;            // the number of the hidden part; 0: a plain card
  std::string written = {}; // the question as it stands in the file, hidden parts marked
  bool reversed = false;    // asks the other way round
  std::string entry = {};   // id of the glossary's entry that it comes from
};

struct DeckMessage {
  enum class Weight : uint8_t { notice, warning, error } weight;
  int64_t line;      // 0: of the whole file
  std::string text;  // what is wrong and what to do
};

struct Deck {
  std::string name, description;
  std::vector<std::string> tags;
  std::vector<Card> cards;
  std::vector<DeckMessage> messages;  // by line
};

// `source`: the file's name; without a title line the deck is called so, less folder and extension. Good cards are usable whatever is wrong
// with others: that stands in messages. throws: input, when no card is left or the text is no deck at all (not UTF-8, over 16 MiB, a line
// over 64 KiB, more than 100,000 cards)
Deck parse_deck(std::string_view text, std::string_view source);
Deck read_deck(const std::string& path);

std::string to_markdown(const Deck& deck);   // parse_deck reads it back
std::string to_text(const DeckMessage& message, std::string_view source);  // "d.md:14: ..."

// The deck with ids, lines and hidden parts as if it had been written and read. Question and answer become one line each.
Deck as_written(Deck deck, std::string_view source);
// The cards of every written line: those of its hidden parts together, each other one by itself; reversed ones are left out.
std::vector<std::span<const Card>> notes_of(const Deck& deck);
std::string deck_name_of(std::string_view path);  // less folder and extension
Json to_json(const Deck& deck);
Deck deck_of_json(const Json& json, std::string_view source);  // {"name", "tags", "description", "cards": [{"question", "answer", "explanation"}]}

void add_tags(Deck& deck, std::string_view words);  // parted by blanks or commas; each once

// The same cards asked the other way round too, plain ones only.
void add_reversed(Deck& deck);
// Lines "Memory: ..." before the others.
std::string mnemonic_first(const std::string& explanation);
std::string card_id(std::string_view deck, std::string_view question, std::string_view variant = "");
std::string folded_text(std::string_view text);  // lower case (ASCII), blanks folded: what makes two questions the same

}  // namespace grim::learn
