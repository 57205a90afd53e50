#include <algorithm>
#include <chrono>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/command/commands.h"
#include "grimoire/learn/anki.h"
#include "grimoire/learn/glossary_deck.h"

namespace grim {
namespace {

using namespace learn;

const std::vector<std::string> kFormats = {"markdown", "anki", "tsv", "apkg", "json"};

std::string format_of(const std::string& path) {
  const std::string end = path.substr(std::min(path.rfind('.'), path.size()));
  return end == ".apkg" ? "apkg" : end == ".json" ? "json" : end == ".txt" ? "anki" : end == ".tsv" || end == ".csv" ? "tsv" : "markdown";
}

std::string as_table(const Deck& deck) {
  const auto cell = [](std::string text) {
    const bool plain = text.find_first_of("\t\n\"") == std::string::npos;
    for (size_t at = 0; !plain && (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, 1, '"');
    return plain ? text : "\"" + text + "\"";
  };
  std::string out;
  const std::string* before = nullptr;
  for (const Card& c : deck.cards) {
    if (c.cloze > 0 && before && *before == c.written) continue;
    before = c.cloze > 0 ? &c.written : nullptr;
    out += cell(before ? *before : c.question) + "\t" + cell(before ? "" : c.answer) + "\t" + cell(c.explanation) + "\n";
  }
  return out;
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
  Options options() override {
    std::vector<std::string> formats = kFormats;
    formats.insert(formats.begin(), "by-name");
    return {{.name = "out", .help = "the file to write; its ending tells the format", .target = &out_, .basic = true},
            {.name = "format", .help = "of the other file: anki is Anki's text, tsv a table", .target = &format_, .choices = formats, .basic = true},
            {.name = "seed", .help = "of the numbers in computed cards; 0 takes the clock", .target = &seed_, .low = 0}};
  }

  int run(Console& console) override {
    if (action_ == "check") return check(console);
    if (action_ == "show") return show(console);
    if (action_ == "import") return write(console, import(file_), "markdown");
    if (action_ == "export") return write(console, read_deck(file_), format_ == "by-name" ? format_of(out_) : format_);
    if (action_ == "from-glossary") return write(console, from_glossary(), "markdown");
    const std::string near = nearest(action_, {"check", "show", "import", "export", "from-glossary"});
    throw Error(ErrorKind::usage, str("deck: there is no action '{}'", action_),
                near.empty() ? "check, show, import, export or from-glossary" : str("did you mean {}?", near));
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
    console.data(str("{}: {} card{}, {} error{}\n", deck.name, deck.cards.size(), deck.cards.size() == 1 ? "" : "s", errors, errors == 1 ? "" : "s"));
    if (console.json()) console.result(Json::object({{"deck", deck.name}, {"cards", deck.cards.size()}, {"errors", errors}, {"messages", messages}}));
    return errors > 0 ? 3 : 0;
  }

  int show(Console& console) const {
    const Deck deck = find_family(file_) && !exists(file_) ? deck_of(*find_family(file_), seed()) : read_deck(file_);
    report::Report r{str("{} ({} cards)", deck.name, deck.cards.size()), {}};
    if (!deck.description.empty()) r.blocks.push_back(report::Prose{deck.description});
    for (const Card& c : deck.cards)
      r.blocks.push_back(report::Prose{"**" + c.question + "**\n\n" + c.answer + (c.explanation.empty() ? "" : "\n\n" + c.explanation) + "\n\n---"});
    console.data(to_text(r, console.style()));
    if (console.json()) console.result(to_json(deck));
    return 0;
  }

  Deck import(const std::string& path) const {
    std::string format = format_ == "by-name" ? format_of(path) : format_;
    if (format == "apkg") return read_anki_package(path);
    const std::string text = read_file(path);
    if (format_ == "by-name" && text.starts_with("#separator:")) format = "anki";
    if (format == "json") return deck_of_json(Json::parse(text, path), path);
    if (format == "markdown") return parse_deck(text, path);
    return from_anki_text(text, path);
  }

  Deck from_glossary() const {
    if (const Family* family = find_family(file_)) return deck_of(*family, seed());
    std::string all;
    for (const Family* f : families()) all += (all.empty() ? "" : ", ") + std::string(f->id);
    throw Error(ErrorKind::usage, str("there is no family '{}' in the glossary", file_), all);
  }

  int write(Console& console, const Deck& deck, const std::string& format) const {
    const auto text = [&] {
      if (format == "json") return to_json(deck).dump_pretty();
      return format == "markdown" ? to_markdown(deck) : format == "tsv" ? as_table(deck) : to_anki_text(deck);
    };
    if (out_.empty()) {
      if (format == "apkg") throw Error(ErrorKind::usage, "a package is a file", "name it with --out deck.apkg");
      console.data(text());
    } else {
      if (format == "apkg") write_anki_package(deck, out_);
      else write_atomically(out_, text());
      console.say(str("{}: {} cards", out_, deck.cards.size()));
    }
    for (const DeckMessage& m : deck.messages)
      if (m.weight == DeckMessage::Weight::error) console.say(to_text(m, file_));
    if (console.json()) console.result(Json::object({{"deck", deck.name}, {"cards", deck.cards.size()}, {"out", out_}}));
    return 0;
  }

  uint64_t seed() const {
    return seed_ > 0 ? static_cast<uint64_t>(seed_) : static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  }

  std::string action_, file_, out_, format_ = "by-name";
  int64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_deck_command() { return std::make_unique<DeckCommand>(); }

}  // namespace grim
