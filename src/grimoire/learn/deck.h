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
  std::string id;           // of the deck's key and the question: stays when anything else is edited
  std::string question, answer, explanation;  // Markdown
  int64_t line = 0;         // of the question in the file, from 1; 0: made otherwise
  int cloze = 0;            // the number of the hidden part; 0: a plain card
  std::string written = {}; // the question as it stands in the file, hidden parts marked
  bool reversed = false;    // asks the other way round
  std::string entry = {};   // id of the glossary's entry that it comes from
  bool computed = false;    // the answer is worked out: a number near it is right
  std::string note = {};    // the same for cards of one written line: its hidden parts, and the other way round
};

struct DeckMessage {
  enum class Weight : uint8_t { notice, warning, error } weight;
  int64_t line;      // 0: of the whole file
  std::string text;  // what is wrong and what to do
};

struct Deck {
  std::string name, description;
  std::string key = {};   // that histories are kept under: the folded title; without one "file:" and where the file is
  std::string path = {};  // canonical; empty: of no file
  std::vector<std::string> tags;
  std::vector<Card> cards;
  std::vector<DeckMessage> messages;  // by line
};

// `source`: the file's name; without a title line the deck is called so, less folder and extension, and is known by it. Good cards are usable whatever is wrong
// with others: that stands in messages. throws: input, when no card is left or the text is no deck at all (not UTF-8, over 16 MiB, a line
// over 64 KiB, more than 100,000 cards)
Deck parse_deck(std::string_view text, std::string_view source);
Deck read_deck(const std::string& path);  // without a title it is known by the canonical path
std::string path_of_key(std::string_view key);  // of a deck without a title; otherwise empty

// Cards' ids and notes are those of the deck's key and their questions. `key`: empty takes the folded name.
void identify(Deck& deck, std::string key = "");
std::string id_under(std::string_view key, const Card& card);  // that it has in a deck of this key
// Decks of one key become one, and each card stands in it once.
std::vector<Deck> merged(std::vector<Deck> decks);

std::string to_markdown(const Deck& deck);   // parse_deck reads it back
bool is_rule(std::string_view line);         // exactly "---", blanks aside
std::string to_text(const DeckMessage& message, std::string_view source);  // "d.md:14: ..."

// The deck with ids, lines and hidden parts as if it had been written and read. Question and answer become one line each.
Deck as_written(Deck deck, std::string_view source);
// The cards of every written line: those of its hidden parts together, each other one by itself; reversed ones are left out.
std::vector<std::span<const Card>> notes_of(const Deck& deck);
std::string counted_cards(const Deck& deck);  // "1 card", "12 cards"
std::string deck_name_of(std::string_view path);  // less folder and extension
Json to_json(const Deck& deck);
Deck deck_of_json(const Json& json, std::string_view source);  // {"name", "tags", "description", "cards": [{"question", "answer", "explanation"}]}

void add_tags(Deck& deck, std::string_view words);  // parted by blanks or commas; each once

// The same cards asked the other way round too, plain ones only: a computed answer asks nothing.
void add_reversed(Deck& deck);
// Lines "Memory: ..." before the others.
std::string mnemonic_first(const std::string& explanation);
std::string card_id(std::string_view key, std::string_view question, std::string_view variant = "");
std::string folded_text(std::string_view text);  // lower case (ASCII), blanks folded: what makes two questions the same

}  // namespace grim::learn
