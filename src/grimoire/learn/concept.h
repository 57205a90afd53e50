// Concept: one idea as code and words together. What is said about it stands beside the function that computes it, so that no number in
// an entry is ever a stored one. A family of concepts is one file in learn/concepts; the register is their list.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grimoire/report/report.h"

namespace grim::learn {

using report::Bars, report::Block, report::Commands, report::Figure, report::Graph, report::Heading, report::Link, report::Links, report::Prose,
    report::Report, report::Steps, report::Table, report::Value;

using Settings = std::vector<std::pair<std::string, std::string>>;  // name (empty: the first input), text

struct Concept;

// "P=.5,.5" as a name and its text; what has no name of an input before an equals sign is all text. `any`: whatever looks like a name is one.
Settings::value_type setting_in(const std::string& word, const Concept& concept_, bool any = false);

// The numbers of an example: a concept's own, or the reader's. Every getter checks what it gives.
// throws: usage, "p: got 1.2, expected a probability from 0 to 1"
class Inputs {
 public:
  explicit Inputs(const Concept& concept_, const Settings& settings = {});  // throws: usage, a name that is unknown or given twice
  double number(std::string_view name, double low = -1e300, double high = 1e300) const;
  double probability(std::string_view name) const { return number(name, 0, 1); }
  int64_t integer(std::string_view name, int64_t low, int64_t high) const;
  std::vector<double> numbers(std::string_view name, double low = -1e300, double high = 1e300, size_t at_least = 1, size_t at_most = 1000) const;
  std::vector<double> probabilities(std::string_view name) const;  // from 0 to 1, together 1 within 1e-6
  std::vector<std::vector<double>> matrix(std::string_view name) const;  // rows between semicolons, equally long
  std::vector<double> counts(std::string_view name, double low = 0, double high = 1e9, size_t at_least = 1, size_t at_most = 1000) const;  // whole
  std::vector<std::vector<double>> count_matrix(std::string_view name, double high = 1e9) const;  // whole numbers from 0
  std::vector<std::string> words(std::string_view name, size_t at_least = 1) const;  // split at blanks and ends of lines
  const std::string& text(std::string_view name) const;
  const Settings& all() const { return values_; }
  std::string as_line() const;  // "P = .5,.5, Q = .9,.1"; long ones cut short
  // For what no getter can check alone.
  [[noreturn]] void refuse(std::string_view name, const std::string& expected) const;

 private:
  Settings values_;
};

// What a computation has to show: its steps, its answers, a picture. Answers come last and are what tests compare.
class Worked {
 public:
  void step(std::string line) { steps_.push_back(std::move(line)); }
  void answer(std::string name, double value) { answers_.push_back({std::move(name), value}); }
  void answer(std::string name, std::string value) { answers_.push_back({std::move(name), std::move(value)}); }
  void answers(const std::string& name, std::span<const double> values);  // name[0], name[1], ...
  // A figure that others measured and that nothing here can compute.
  void quote(std::string name, Value value, const std::string& source);
  void show(Block picture) { pictures_.push_back(std::move(picture)); }

  const std::vector<std::string>& steps() const { return steps_; }
  const std::vector<Figure>& answers() const { return answers_; }
  const std::vector<Figure>& quoted() const { return quoted_; }
  const std::vector<Block>& pictures() const { return pictures_; }

 private:
  std::vector<std::string> steps_;
  std::vector<Figure> answers_, quoted_;
  std::vector<Block> pictures_;
};

// Lists stand in one text, an item a line. Texts are Markdown where they are sentences.
struct Concept {
  const char* id;             // "cross-entropy"
  const char* title;          // "Cross-entropy"
  const char* names = "";     // other names, a line each; those behind an empty line are found, but not shown
  const char* what;           // what it is for: one or two sentences in words that a newcomer has
  const char* picture = "";   // from everyday life, with a clause on where it breaks
  const char* formula;        // one line, or a few
  const char* symbols;        // "p: probability of an outcome, from 0 to 1", a line each
  const char* inputs = "";    // "p = .5,.25,.25: probabilities, together 1", a line each: name, default, meaning
  void (*compute)(const Inputs& in, Worked& out) = nullptr;
  const char* turn = "";      // one thing to change, and what to watch
  const char* commands = "";  // command lines that do it at full size; "later: ..." for those that a coming verb will take
  const char* code = "";      // "src/grimoire/stats/information.cpp: entropy"
  const char* mistake = "";   // "People say ...; in fact ..."
  const char* see = "";       // "id: why", at most four, simplest first
  const char* sources = "";   // works and sections, a line each; opinions and open questions are called so
  const char* ask;            // "question? | answer", a line each: cards; the first one closes the entry
  const char* more = "";      // derivation, proof idea, both sides of a dispute
  bool free_names = false;    // inputs beside the declared ones are taken: variables of an expression
};

struct Family {
  const char* id;       // "info"
  const char* title;    // "Information"
  std::span<const Concept> concepts;
};

std::span<const Family* const> families();
const Family& family_of(const Concept& concept_);
const Family* find_family(std::string_view name);      // by id or title; nullptr: none
const Family& family_named(std::string_view name);     // throws: usage, with the nearest or all
std::string family_ids();                              // "info, loss, ..."
std::vector<const Concept*> all_concepts();
const Concept* find_concept(std::string_view id);  // by id alone; nullptr: none

// The same by any name; nullptr: none.
const Concept* look_up(std::string_view name);
// By id, title or any other name; letter case, blanks, hyphens and dots, s for z and plurals make no difference.
// throws: usage, with the nearest names; for a word of several meanings with all of them
const Concept& concept_named(std::string_view name);
// What else the word may mean by which an entry was found: "bias" is an entry and also a part of a layer.
std::vector<const Concept*> other_meanings(const Concept& concept_, std::string_view word);
std::vector<std::string> ambiguous_words();
std::string folded_name(std::string_view name);

std::vector<std::string> lines_of(const char* list);                            // the items of a list field
std::pair<std::string, std::string> split_once(std::string_view text, std::string_view at);  // trimmed; second empty when `at` is missing

Worked work_out(const Concept& concept_, const Inputs& inputs);

enum class Depth : unsigned char { brief, more };
// The entry as a report, worked out with these inputs. `asked`: the word that it was found by, which may mean more.
Report explain(const Concept& concept_, const Inputs& inputs, Depth depth = Depth::brief, std::string_view asked = "");
Json to_json(const Concept& concept_);  // its words, a field each
// All entries of a family with a line each; of all families without one.
Report glossary(const Family* family = nullptr);
// Entries, all or a family's, that have the word in any text. throws: usage, none has
Report glossary_search(std::string_view word, const Family* family = nullptr);
// Which entries lead to which; with a family those that leave its entries.
Report glossary_map(const Family* family = nullptr);

}  // namespace grim::learn
