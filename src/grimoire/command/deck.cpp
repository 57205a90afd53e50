#include <algorithm>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/command/commands.h"
#include "grimoire/learn/anki.h"
#include "grimoire/learn/glossary_deck.h"

namespace grim {
namespace {

using namespace learn;

const std::vector<std::string> kFormats = {"markdown", "anki", "tsv", "csv", "apkg", "json"};
constexpr const char* kEndings = ".md, .txt (Anki's text), .tsv, .csv, .apkg or .json";

// "": no format has this ending.
std::string format_by_ending(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1), end = name.substr(std::min(name.rfind('.'), name.size()));
  if (end == ".apkg" || end == ".json" || end == ".tsv" || end == ".csv") return end.substr(1);
  return end == ".txt" ? "anki" : end.empty() || end == ".md" || end == ".markdown" ? "markdown" : "";
}

class DeckCommand final : public Command {
 public:
  std::string name() const override { return "deck"; }
  std::string summary() const override { return "flash cards as files: check, show, import, export, or make a deck out of the glossary"; }
  std::vector<std::string> examples() const override {
    return {"grimoire deck check deck.md", "grimoire deck show deck.md", "grimoire deck import cards.apkg --out deck.md",
            "grimoire deck export deck.md --out deck.apkg", "grimoire deck from-glossary info --out info.md"};
  }
  std::vector<Positional> positionals() override {
    return {{"action", "check, show, import, export or from-glossary", &action_}, {"file", "the deck; a family of the glossary for from-glossary", &file_}};
  }
  Forms forms() const override {
    return {.by = "action",
            .all = {{"check", "say what is wrong with a deck, line by line"},
                    {"show", "all of its cards"},
                    {"import", "make a deck of another program's file"},
                    {"export", "make another program's file of a deck"},
                    {"from-glossary", "make a deck of a family of the glossary"}}};
  }
  Options options() override {
    std::vector<std::string> formats = kFormats;
    formats.insert(formats.begin(), "by-name");
    const Options written = {{.name = "out", .help = str("the file to write; its ending tells the format: {}", kEndings), .target = &out_, .basic = true},
                             {.name = "format", .help = "what is written; without --out to standard output, there Markdown by itself",
                              .target = &format_, .choices = formats, .basic = true}};
    const Options seeded = {{.name = "seed", .help = "of the numbers in computed cards; 0 takes the clock", .target = &seed_, .low = 0}};
    if (form() == "show") return seeded;
    if (form() == "from-glossary") return joined({written, seeded});
    return form() == "import" || form() == "export" ? written : Options();
  }

  int run(Console& console) override {
    if (form() == "check") return check(console);
    if (form() == "show") return show(console);
    if (form() == "import") return write(console, import(file_));
    if (form() == "export") return write(console, known_by_name(read_deck(file_)));
    return write(console, deck_of(family_named(file_), seed()));  // from-glossary
  }

 private:
  int check(Console& console) const {
    const Deck deck = read_deck(file_);
    Json messages = Json::array();
    int64_t errors = 0;
    for (const DeckMessage& m : deck.messages) {
      constexpr const char* kWeights[] = {"notice", "warning", "error"};
      const char* const weight = kWeights[static_cast<size_t>(m.weight)];
      errors += m.weight == DeckMessage::Weight::error;
      console.data(str("{} ({})\n", to_text(m, file_), weight));
      messages.push(Json::object({{"line", m.line}, {"weight", weight}, {"text", m.text}}));
    }
    console.data(str("{}: {}, {} error{}\n", deck.name, counted_cards(deck), errors, errors == 1 ? "" : "s"));
    if (console.json()) console.result(Json::object({{"deck", deck.name}, {"cards", deck.cards.size()}, {"errors", errors}, {"messages", messages}}));
    return 0;
  }

  int show(Console& console) const {
    const Deck deck = find_family(file_) && !exists(file_) ? deck_of(*find_family(file_), seed()) : read_deck(file_);
    report::Report r{str("{} ({})", deck.name, counted_cards(deck)), {}};
    if (!deck.description.empty()) r.blocks.push_back(report::Prose{deck.description});
    for (const Card& c : deck.cards)
      r.blocks.push_back(report::Prose{"**" + c.question + "**\n\n" + c.answer + (c.explanation.empty() ? "" : "\n\n" + c.explanation) + "\n\n---"});
    tell(console, r);
    if (console.json()) console.result(to_json(deck));
    return 0;
  }

  static Deck import(const std::string& path) {
    const std::string format = format_by_ending(path);
    if (format == "apkg") return read_anki_package(path);
    const std::string text = read_file(path);
    if (format == "json") return deck_of_json(Json::parse(text, path), path);
    const bool markdown = path.ends_with(".md") || path.ends_with(".markdown");  // a tab in its first line means nothing
    return format == "tsv" || format == "csv" || (!markdown && is_anki_text(text)) ? from_anki_text(text, path) : parse_deck(text, path);
  }

  static Deck known_by_name(Deck deck) {  // elsewhere nobody knows our folders
    identify(deck);
    return deck;
  }

  std::string format_to_write() const {
    const std::string by_ending = out_.empty() ? "markdown" : format_by_ending(out_);
    if (format_ == "by-name") {
      if (by_ending.empty()) throw Error(ErrorKind::usage, str("{}: no format has this ending", out_),
                                           str("end it in {}, or name one with --format", kEndings));
      return by_ending;
    }
    const bool ends = out_.find('.', out_.rfind('/') + 1) != std::string::npos;
    const bool may = !ends || by_ending.empty() || by_ending == format_ || (out_.ends_with(".txt") && format_ == "markdown");
    if (!may) throw Error(ErrorKind::usage, str("{}: its ending is that of {}, but --format is {}", out_, by_ending, format_), "leave one of them out");
    if (format_ == "apkg" && out_.empty()) throw Error(ErrorKind::usage, "a package is a file", "name it with --out deck.apkg");
    return format_;
  }

  static std::string written(const Deck& deck, const std::string& format) {
    if (format == "json") return to_json(deck).dump_pretty();
    if (format == "tsv" || format == "csv") return to_table(deck, format == "tsv" ? '\t' : ',');
    return format == "markdown" ? to_markdown(deck) : to_anki_text(deck);
  }

  // "name, tags and description", as far as there are any.
  std::string left_behind(const Deck& deck, const std::string& format) const {
    const bool table = format == "tsv" || format == "csv";
    std::vector<std::string> parts;
    if (table && deck_name_of(out_) != deck.name) parts.emplace_back("name");
    if (table && !deck.tags.empty()) parts.emplace_back("tags");
    if ((table || format == "anki") && !deck.description.empty()) parts.emplace_back("description");
    std::string words;
    for (size_t i = 0; i < parts.size(); ++i) words += (i == 0 ? "" : i + 1 < parts.size() ? ", " : " and ") + parts[i];
    return words;
  }

  int write(Console& console, const Deck& deck) const {
    const std::string format = format_to_write();
    if (format == "apkg") write_anki_package(deck, out_);
    else if (out_.empty()) console.data(written(deck, format));
    else write_atomically(out_, written(deck, format));
    if (!out_.empty()) console.say(str("{}: {}", out_, counted_cards(deck)));
    if (const std::string lost = left_behind(deck, format); !lost.empty())
      console.say(str("{}: this format has no place for the deck's {}", out_.empty() ? deck.name : out_, lost));
    for (const DeckMessage& m : deck.messages)
      if (m.weight != DeckMessage::Weight::notice) console.say(to_text(m, file_));
    if (console.json()) console.result(Json::object({{"deck", deck.name}, {"cards", deck.cards.size()}, {"out", out_}}));
    return 0;
  }

  uint64_t seed() const {
    return seed_ > 0 ? static_cast<uint64_t>(seed_) : static_cast<uint64_t>(unix_milliseconds());
  }

  std::string action_, file_, out_, format_ = "by-name";
  int64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_deck_command() { return std::make_unique<DeckCommand>(); }

}  // namespace grim
