// Every entry of the glossary: found by its names, its example equal to the reference, its inputs of effect, its command lines real.
#include "grimoire/learn/concept.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "grimoire/app/cli/usage.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/command/command.h"
#include "grimoire/report/layout.h"

namespace grim::learn {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == at) parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

// tests/golden/concepts/FAMILY.tsv: id, names (commas), the example's answers in order (commas). A number holds to half a unit of its
// last digit.
struct Row {
  std::string family, id;
  std::vector<std::string> names, answers;
};
const std::vector<Row>& reference() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all;
    for (const auto& file : std::filesystem::directory_iterator(std::string(GRIM_SOURCE_DIR) + "/tests/golden/concepts"))
      for (const std::string& line : split(read_file(file.path()), '\n')) {
        if (line.empty() || line[0] == '#') continue;
        const auto fields = split(line, '\t');
        EXPECT_EQ(fields.size(), 3u) << file.path() << ": " << line;
        if (fields.size() == 3) all.push_back({file.path().stem(), fields[0], split(fields[1], ','), split(fields[2], ',')});
      }
    return all;
  }();
  return rows;
}

double half_a_unit(const std::string& digits) {
  const size_t point = digits.find('.'), e = std::min(digits.find('e'), digits.size());
  const double decimals = point == std::string::npos ? 0 : static_cast<double>(e - point - 1);
  const double exponent = e < digits.size() ? std::stod(digits.substr(e + 1)) : 0;
  return 0.5001 * std::pow(10, exponent - decimals);
}

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == 0;
}

Worked worked(const Concept& c, const Settings& settings = {}) { return work_out(c, Inputs(c, settings)); }

TEST(Concepts, EveryNameFindsItsEntry) {
  for (const Row& row : reference()) {
    const Concept* c = find_concept(row.id);
    ASSERT_TRUE(c) << row.id;
    EXPECT_EQ(family_of(*c).id, row.family);
    for (const std::string& name : row.names) {
      if (name.empty()) continue;
      std::string shouted = name, hyphened = name;
      std::ranges::transform(shouted, shouted.begin(), [](unsigned char l) { return std::toupper(l); });
      std::ranges::replace(hyphened, ' ', '-');
      for (const std::string& form : {name, shouted, hyphened}) EXPECT_EQ(&concept_named(form), c) << form;
    }
  }
}

TEST(Concepts, NoNameIsTwoEntries) {
  std::map<std::string, std::string> owner;
  for (const Concept* c : all_concepts()) {
    std::set<std::string> own = {folded_name(c->id), folded_name(c->title)};
    for (const std::string& n : lines_of(c->names)) own.insert(folded_name(n));
    for (const std::string& n : own) EXPECT_TRUE(owner.emplace(n, c->id).second) << n << ": " << owner[n] << " and " << c->id;
  }
}

TEST(Concepts, ExamplesEqualTheReference) {
  for (const Row& row : reference()) {
    const Concept* c = find_concept(row.id);
    if (!c || (row.answers.size() == 1 && row.answers[0].empty())) continue;
    const Worked w = worked(*c);
    std::vector<Value> got;
    for (const Figure& f : w.answers()) got.push_back(f.value);
    for (const Figure& f : w.quoted()) got.push_back(f.value);
    ASSERT_GE(got.size(), row.answers.size()) << row.id;
    for (size_t i = 0; i < row.answers.size(); ++i) {
      const std::string& want = row.answers[i];
      if (const double* v = std::get_if<double>(&got[i])) {
        ASSERT_TRUE(is_number(want)) << row.id << ": got " << *v << ", expected " << want;
        EXPECT_NEAR(*v, std::stod(want), half_a_unit(want)) << row.id << " answer " << i;
      } else {
        EXPECT_EQ(std::get<std::string>(got[i]), want) << row.id << " answer " << i;
      }
    }
  }
}

// What an input might be instead: numbers moved, one after the other; words exchanged.
std::vector<std::string> others_than(const std::string& text) {
  std::vector<std::string> all;
  const auto each_number = [&](auto&& change) {
    for (size_t begin = 0; begin < text.size();) {
      size_t end = begin;
      while (end < text.size() && (std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.')) ++end;
      if (end == begin || text.find_first_of("0123456789", begin) >= end) {
        ++begin;
        continue;
      }
      all.push_back(text.substr(0, begin) + change(std::stod(text.substr(begin, end - begin))) + text.substr(end));
      begin = end;
    }
  };
  for (const double f : {0.9, 1.1, 0.5, 2.0}) each_number([&](double v) { return str("{:.17g}", v * f); });
  for (const double d : {1.0, -1.0, 2.0, 5.0, 10.0}) each_number([&](double v) { return str("{:.17g}", std::max(0.0, v + d)); });
  for (const char at : {',', ';', ' '}) {  // the parts turned round, one left out, one twice
    auto parts = split(text, at);
    if (parts.size() < 2) continue;
    const auto joined = [&](const std::vector<std::string>& p) {
      std::string whole;
      for (const std::string& one : p) whole += (whole.empty() ? "" : std::string(1, at)) + one;
      return whole;
    };
    const std::vector<std::string> original = parts;
    std::ranges::reverse(parts);
    all.push_back(joined(parts));
    all.push_back(joined({original.begin(), original.end() - 1}));
    all.push_back(text + at + original[0]);
    if (original.size() > 2) all.push_back(joined({original.begin() + 1, original.end()}));
    std::vector<std::string> share(original.size(), str("{:.17g}", 1.0 / static_cast<double>(original.size())));
    all.push_back(joined(share));
    share.assign(original.size(), "0");
    for (size_t i = 0; i < share.size(); ++i) {
      auto one = share;
      one[i] = "1";
      all.push_back(joined(one));
    }
  }
  for (const char* word : {"x", "yes", "no", "a b c d", "the dog ran", "x*x", "0", "1", "2", "3"}) all.emplace_back(word);
  return all;
}

// The answers without their names.
std::string answers_of(const Worked& w) {
  std::string all;
  for (const Figure& f : w.answers()) {
    const double* v = std::get_if<double>(&f.value);
    all += (v ? str("{:.12g}", *v) : std::get<std::string>(f.value)) + "\n";
  }
  return all;
}

TEST(Concepts, EveryInputChangesTheAnswer) {
  for (const Concept* c : all_concepts()) {
    if (!c->compute) continue;
    const Inputs example(*c);
    const std::string before = answers_of(worked(*c));
    if (!worked(*c).quoted().empty() && before.empty()) continue;  // a published figure: nothing is computed
    EXPECT_FALSE(example.all().empty()) << c->id << " takes no input: is its answer a constant?";
    EXPECT_FALSE(before.empty()) << c->id;
    for (const auto& [name, text] : example.all()) {
      bool changed = false;
      for (const std::string& other : others_than(text)) {
        try {
          changed = answers_of(worked(*c, {{name, other}})) != before;
        } catch (const Error& e) {
          EXPECT_TRUE(e.kind() == ErrorKind::usage || e.kind() == ErrorKind::argument || e.kind() == ErrorKind::numeric)
              << c->id << " " << name << "=" << other << ": " << e.what();
        }
        if (changed) break;
      }
      EXPECT_TRUE(changed) << c->id << ": " << name << " = " << text << " has no effect";
    }
  }
}

// All figures that others measured, and that nothing here computes.
TEST(Concepts, QuotedFigures) {
  std::vector<std::string> quoted;
  for (const Concept* c : all_concepts()) {
    const Worked w = worked(*c);
    for (const Figure& f : w.quoted()) quoted.push_back(str("{}: {} = {}", c->id, f.name, report::to_text(f.value)));
  }
  EXPECT_EQ(quoted, (std::vector<std::string>{"bigram: NLL on names.txt, unsmoothed = 2.454014", "count-matrix: cells that names.txt uses = 627",
                                              "neural-bigram: on names.txt after 99 steps = 2.49013",
                                              "contextual-embedding: bank: river, cash = 0.8331", "contextual-embedding: bank: cash, loan = 0.9298",
                                              "layer-choice: CoNLL dev F1, last four = 96.1", "layer-choice: the last layer alone = 94.9"}));
}

TEST(Concepts, AreWhole) {
  for (const Concept* c : all_concepts()) {
    const std::string id = c->id;
    EXPECT_GT(std::string(c->what).size(), 30u) << id;
    EXPECT_TRUE(std::string(c->what).ends_with('.') || std::string(c->what).ends_with('?')) << id;
    EXPECT_TRUE(*c->formula) << id;
    EXPECT_TRUE(*c->sources) << id;
    for (const std::string& line : lines_of(c->symbols)) EXPECT_NE(line.find(": "), std::string::npos) << id << ": " << line;
    const auto links = lines_of(c->see);
    EXPECT_TRUE(!links.empty() && links.size() <= 4) << id;
    for (const std::string& line : links) {
      const auto [to, why] = split_once(line, ": ");
      EXPECT_TRUE(find_concept(to)) << id << " leads to " << to;
      EXPECT_NE(to, id);
      EXPECT_FALSE(why.empty()) << id << ": " << line;
    }
    const auto cards = lines_of(c->ask);
    EXPECT_FALSE(cards.empty()) << id;
    for (const std::string& card : cards) {
      const auto [question, reply] = split_once(card, "|");
      EXPECT_TRUE(question.ends_with('?')) << id << ": " << card;
      EXPECT_FALSE(reply.empty()) << id << ": " << card;
      EXPECT_EQ(std::ranges::count(card, '|'), 1) << id << ": one answer each";
    }
    for (const std::string& line : lines_of(c->code))
      EXPECT_TRUE(exists(std::string(GRIM_SOURCE_DIR) + "/" + split_once(line, ": ").first)) << id << ": " << line;
  }
}

// One screen and a half: 36 lines of 80 columns.
TEST(Concepts, FitAScreenAndAHalf) {
  for (const Concept* c : all_concepts()) {
    const std::string text = report::to_text(explain(*c, Inputs(*c)), {.width = 80, .styled = false});
    EXPECT_LE(std::ranges::count(text, '\n'), 36) << c->id;
    for (const std::string& line : split(text, '\n')) EXPECT_LE(report::display_width(line), 80u) << c->id << ": " << line;
  }
}

bool parses(const std::string& line) {
  const auto commands = all_commands();
  std::vector<std::string> words;
  bool quoted = false, open = false;
  for (char ch : line) {
    if (ch == '"' || ch == '\'') quoted = !quoted, open = true;
    else if (ch == ' ' && !quoted) open = false;
    else {
      if (!open) words.emplace_back(), open = true;
      words.back() += ch;
    }
    if ((ch == '"' || ch == '\'') && quoted) words.emplace_back();
  }
  if (words.size() < 2 || words[0] != "grimoire") return false;
  try {
    Command& command = command_named(commands, words[1]);
    const Parsed parsed = parse_words(command, {words.begin() + 2, words.end()});
    command.set(parsed.settings);
    return true;
  } catch (const Error& e) {
    return e.kind() == ErrorKind::input;  // well said; only the file that it names is not here
  }
}

// A line marked "later: " waits for a verb that is not built; when it is, this test asks for the mark to be taken off.
TEST(Concepts, CommandLinesAreReal) {
  for (const Concept* c : all_concepts())
    for (const std::string& line : lines_of(c->commands)) {
      if (line.starts_with("later: ")) EXPECT_FALSE(parses(line.substr(7))) << c->id << ": it works now, take the mark off: " << line;
      else EXPECT_TRUE(parses(line)) << c->id << ": " << line;
    }
}

TEST(Explain, WrongWordsAreOneSentence) {
  const auto what = [](auto&& f) -> std::string {
    try {
      f();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::usage);
      return std::string(e.what()) + " / " + e.hint();
    }
    return "nothing was thrown";
  };
  const Concept& entropy = *find_concept("entropy");
  EXPECT_EQ(what([] { concept_named("entropi"); }), "there is no entry 'entropi' / did you mean entropy?");
  EXPECT_EQ(what([&] { worked(entropy, {{"p", "1.2"}}); }), "p: got 1.2, expected numbers from 0 to 1, with commas between them / ");
  EXPECT_EQ(what([&] { worked(entropy, {{"p", ".5,.6"}}); }), "p: got .5,.6, expected probabilities that sum to 1 (these sum to 1.1) / ");
  EXPECT_EQ(what([&] { worked(entropy, {{"q", "1"}}); }), "entropy: there is no symbol 'q' / it takes p (probabilities of the outcomes)");
  EXPECT_EQ(what([&] { worked(*find_concept("branching-factor"), {{"", "2.5"}}); }), "n: got 2.5, expected a whole number from 1 to 1000000 / ");
}

// Where cases are counted, parts of one are a mistake: shares or percentages, for which the answers do not hold.
TEST(Explain, CountsAreWhole) {
  const std::vector<std::pair<const char*, Settings>> fractions = {
      {"chi-squared-test", {{"table", "30,10.5;20,20"}}},  {"confusion-matrix", {{"counts", "50,10;5,.5"}}}, {"information-gain", {{"parts", "4,1;0,2.5"}}},
      {"greedy-decoding", {{"first", "6.5,4"}}},           {"greedy-decoding", {{"next", "5,5;9,1.5"}}},     {"logits-as-log-counts", {{"N", "1.5,3"}}},
      {"l2-smoothing", {{"n", "0.5,3"}}},                  {"naive-bayes", {{"spam", "6,3.5,1"}}},           {"naive-bayes", {{"ham", "1,2.5,7"}}},
      {"naive-bayes", {{"mails", "4.5,6"}}},               {"naive-bayes", {{"new", "1,1,0.5"}}},            {"calibration", {{"n", "20,20,20,20,20.5"}}},
      {"power", {{"n", "30.5"}}}};
  for (const auto& [id, settings] : fractions) {
    SCOPED_TRACE(str("{} {}", id, settings[0].second));
    const Concept* const c = find_concept(id);
    ASSERT_NE(c, nullptr);
    try {
      worked(*c, settings);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::usage);
      EXPECT_NE(std::string(e.what()).find("whole number"), std::string::npos) << e.what();
    }
  }
}

// The place that the reader asks about is in the picture, or its title says on which side it is not.
TEST(Explain, PicturesShowThePlaceAskedFor) {
  const std::vector<std::tuple<const char*, const char*, double, bool>> places = {
      {"normal-distribution", "x", 1.5, true},   {"normal-distribution", "x", 40, true},    {"normal-distribution", "x", -5, true},
      {"normal-distribution", "x", 400, false},  {"gelu", "x", 1, true},                    {"gelu", "x", 5, true},
      {"gelu", "x", -200, true},                 {"sigmoid", "x", 40, true},                {"tanh", "x", -9, true},
      {"central-limit-theorem", "x", 3, true},   {"central-limit-theorem", "x", 500, false}, {"schedule", "t", 400, true},
      {"schedule", "t", 5000, true},             {"linear-regression", "at", 6, true},      {"linear-regression", "at", -1000, false},
      {"logistic-regression", "at", 9, true},    {"logistic-regression", "at", 1000, false}, {"relu", "x", 50, true},
      {"power", "n", 900, true},                 {"surprise", "p", 1e-9, true}};
  for (const auto& [id, name, at, inside] : places) {
    SCOPED_TRACE(str("{} {} = {}", id, name, at));
    const Worked w = worked(*find_concept(id), {{name, str("{:.17g}", at)}});
    ASSERT_EQ(w.pictures().size(), 1u);
    const Chart& chart = std::get<Chart>(w.pictures()[0]);
    bool marked = false, drawn = false;
    for (const Series& s : chart.series) {
      for (const double x : s.x) marked |= s.points && std::abs(x - at) <= 1e-9 * std::abs(at);
      drawn |= !s.points && std::ranges::min(s.x) <= at + 1e-6 && std::ranges::max(s.x) >= at - 1e-6;  // the curve goes there
    }
    EXPECT_EQ(marked, inside);
    EXPECT_EQ(drawn, inside);
    EXPECT_EQ(chart.title.find("beyond the") == std::string::npos, inside) << chart.title;
  }
}

// A word of several meanings is asked about, or its entry names the others.
TEST(Explain, SeveralMeaningsAreToldApart) {
  for (const std::string& word : ambiguous_words()) {
    const Concept* c = look_up(word);
    if (!c) {
      EXPECT_THROW(concept_named(word), Error) << word;
      continue;
    }
    EXPECT_FALSE(other_meanings(*c, word).empty()) << word;
    const std::string text = report::to_text(explain(*c, Inputs(*c), Depth::brief, word));
    EXPECT_NE(text.find("The word also stands for"), std::string::npos) << word;
  }
  EXPECT_EQ(report::to_text(explain(*find_concept("entropy"), Inputs(*find_concept("entropy")), Depth::brief, "entropy")).find("also stands for"),
            std::string::npos);
}

TEST(Explain, NamesAreFolded) {
  for (const char* form : {"Cross-Entropy", "cross entropy", "crossentropies", "CROSS_ENTROPY", "log losses", "CE loss"})
    EXPECT_STREQ(concept_named(form).id, "cross-entropy") << form;
}

}  // namespace
}  // namespace grim::learn
